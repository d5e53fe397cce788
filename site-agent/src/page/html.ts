/** Text that is HTML already: made by {@link html} alone, so that whatever else is put into a page is escaped. */
export class Html {
  private constructor(readonly text: string) {}

  /** @internal for {@link html} */
  static of(text: string): Html {
    return new Html(text);
  }
}

export type Part = string | number | bigint | Html | readonly Part[] | null | undefined | false;

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** What stands between tags or in a quoted attribute; nothing else is ever filled in. */
function rendered(part: Part): string {
  if (part === null || part === undefined || part === false) return '';
  if (part instanceof Html) return part.text;
  if (typeof part === 'object') return part.map(rendered).join('');
  return String(part).replace(/[&<>"']/g, (sign) => ESCAPES[sign] ?? '');
}

/** A piece of a page; every value in it is escaped unless it is a piece itself. Attributes are always quoted. */
export function html(texts: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return Html.of(texts.map((text, index) => text + rendered(parts[index])).join(''));
}
