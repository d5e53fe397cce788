import { draw, type Mark } from './draw.js';
import type { PlotModel } from './model.js';

/** Colours of print: on white, told apart also in grey (after Okabe and Ito 2008, darkened to 3:1 and more on white). */
const PRINT: Readonly<Record<Mark['colour'], string>> = {
  one: '#0b5394',
  two: '#b45309',
  three: '#00694f',
  four: '#9c2f7f',
  five: '#4a4a4a',
  good: '#00694f',
  warn: '#8a5a00',
  bad: '#a3182b',
  quiet: '#6b7280',
  ink: '#111111',
  soft: '#444444',
  grid: '#dddddd',
  onTone: '#ffffff',
  none: 'none',
};

const escape = (text: string) => text.replace(/[<>&"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
const WIDTH = 640;
const HEIGHT = 360;
const LINE = 14;
const LETTERS_A_LINE = 104;

/** A figure for a paper: SVG with its title above and its caption below, in print colours whatever the screen's theme. */
export function printSvg(model: PlotModel): string {
  const rows = model.y.kind === 'category' ? (model.y.categories?.length ?? 0) : 0;
  const drawing = draw(model, WIDTH, Math.max(HEIGHT, rows * 24 + 60));
  const caption = wrap(model.caption, LETTERS_A_LINE);
  const height = drawing.height + 30 + caption.length * LINE + 10;
  const marks = drawing.marks.map((mark) => markText(mark)).join('\n');
  const lines = caption
    .map((line, index) => `<text x="12" y="${drawing.height + 44 + index * LINE}" font-size="11" fill="#444444">${escape(line)}</text>`)
    .join('\n');
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="Helvetica, Arial, sans-serif">
<title>${escape(model.title)}</title><desc>${escape(model.caption)}</desc>
<rect width="100%" height="100%" fill="#ffffff"/>
<text x="12" y="20" font-size="14" font-weight="bold" fill="#111111">${escape(model.title)}</text>
<g transform="translate(0 28)">
${marks}
</g>
${lines}
</svg>
`;
}

function markText({ tag, attributes, colour, paint, text }: Mark): string {
  const all = { ...attributes, [paint]: PRINT[colour] };
  const written = Object.entries(all)
    .map(([name, value]) => `${name}="${escape(String(value))}"`)
    .join(' ');
  return text === undefined ? `<${tag} ${written}/>` : `<${tag} ${written}>${escape(text)}</${tag}>`;
}

function wrap(text: string, letters: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < letters) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

const INCH_PX = 96;

/** The same at 300 dots an inch. @throws Error where the browser cannot draw it */
export async function printPng(model: PlotModel): Promise<Blob> {
  const url = URL.createObjectURL(new Blob([printSvg(model)], { type: 'image/svg+xml' }));
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    const canvas = document.createElement('canvas');
    canvas.width = Math.round((image.width * 300) / INCH_PX);
    canvas.height = Math.round((image.height * 300) / INCH_PX);
    canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((resolve, reject) =>
      canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('the browser drew nothing'))), 'image/png'),
    );
  } finally {
    URL.revokeObjectURL(url);
  }
}
