/** The one stylesheet: light or dark as the system is, readable from 320 pixels on. */
export const PAGE_STYLE = `
:root{color-scheme:light dark;--bg:#fbfcfd;--fg:#1b2430;--soft:#5a6675;--line:#d5dbe3;--card:#fff;--accent:#0b5a8f;--accent-fg:#fff;--good:#1d6b3a;--bad:#a3211f;--warn:#7a5200;--add:#e3f4e8;--del:#fbe6e5}
@media (prefers-color-scheme:dark){:root{--bg:#12171d;--fg:#e4e9ef;--soft:#a3afbd;--line:#364250;--card:#1a2129;--accent:#7cc0ee;--accent-fg:#0b1a26;--good:#84d6a2;--bad:#ff9d99;--warn:#e9bd63;--add:#17382a;--del:#452323}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--fg);font:16px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif}
a{color:var(--accent)}
a:focus-visible,button:focus-visible,input:focus-visible,select:focus-visible,textarea:focus-visible,summary:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
.skip{position:absolute;left:-999px}.skip:focus{left:8px;top:8px;background:var(--card);padding:8px}
header{border-bottom:1px solid var(--line);background:var(--card);padding:12px max(20px,calc((100% - 60rem)/2 + 20px))}
header p{margin:0;color:var(--soft);font-size:14px}header strong{font-size:18px}
nav ul{list-style:none;display:flex;flex-wrap:wrap;align-items:center;gap:4px 18px;margin:10px 0 0;padding:0}
nav a{display:inline-block;padding:4px 0;text-decoration:none}nav a[aria-current]{border-bottom:3px solid var(--accent);font-weight:600;color:var(--fg)}
nav li:last-child{margin-left:auto}nav button{margin:0;min-height:32px;padding:3px 14px}
main{max-width:60rem;margin:0 auto;padding:20px}
h1{font-size:26px;line-height:1.25;margin:0 0 12px;overflow-wrap:anywhere}h2{font-size:19px;margin:28px 0 8px}h3{font-size:16px;margin:16px 0 4px}
p{margin:0 0 14px}p,li,dd,td{overflow-wrap:anywhere}
.card{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:14px 18px;margin:0 0 16px}
.card h2,.card h3{margin-top:0}.card p{margin:0 0 12px}
.soft{color:var(--soft)}.good{color:var(--good);font-weight:600}.bad{color:var(--bad);font-weight:600}.warn{color:var(--warn);font-weight:600}
.notice{border-left:5px solid var(--accent);background:var(--card);padding:10px 14px;margin:0 0 16px}
.notice.bad{border-color:var(--bad);font-weight:400;color:inherit}
code,.mono{font:14px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;overflow-wrap:anywhere}
.words{font-size:20px;font-weight:600;letter-spacing:.01em}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:15px}th,td{text-align:left;padding:6px 10px 6px 0;border-bottom:1px solid var(--line);vertical-align:top}th{color:var(--soft);font-weight:600}
td.number,th.number{text-align:right;font-variant-numeric:tabular-nums}
dl{display:grid;grid-template-columns:minmax(9rem,auto) 1fr;gap:4px 16px;margin:0}dt{color:var(--soft)}dd{margin:0}
form{margin:0}label{display:block;font-weight:600;margin:12px 0 2px}.hint{color:var(--soft);font-size:14px;margin:0 0 4px;font-weight:400}
input,select,textarea{font:inherit;width:100%;max-width:32rem;padding:8px 10px;border:1px solid var(--soft);border-radius:6px;background:var(--bg);color:var(--fg)}
button{font:inherit;font-weight:600;min-height:40px;padding:8px 18px;margin-top:14px;border:1px solid var(--accent);border-radius:6px;background:var(--accent);color:var(--accent-fg);cursor:pointer}
button.plain{background:transparent;color:var(--accent)}button.danger{background:transparent;border-color:var(--bad);color:var(--bad)}
.filters{display:flex;flex-wrap:wrap;gap:0 16px;align-items:end}.filters div{flex:1 1 11rem}
.add{background:var(--add)}.del{background:var(--del)}pre.diff{margin:0;white-space:pre-wrap}pre.diff span{display:block}
details{margin:8px 0}summary{cursor:pointer;padding:4px 0}
footer{max-width:60rem;margin:0 auto;padding:8px 20px 32px;color:var(--soft);font-size:14px}
@media (max-width:40rem){dl{grid-template-columns:1fr}dd{margin-bottom:8px}main{padding:14px}.words{font-size:18px}button{width:100%}}
`;
