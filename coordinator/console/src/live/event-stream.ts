/** One message of a `text/event-stream`. */
export interface StreamMessage {
  readonly id: string | undefined;
  readonly data: string;
}

/**
 * Cuts a stream of text into messages (WHATWG HTML section 9.2.6): lines end in LF, CRLF or CR, a blank line ends a
 * message, comments keep the line alive. Fed piece by piece, wherever a piece ends.
 */
export class EventStreamParser {
  #rest = '';
  #data: string[] = [];
  #id: string | undefined;
  #skipLineFeed = false;

  /** @returns the messages that `piece` completes */
  feed(piece: string): readonly StreamMessage[] {
    const messages: StreamMessage[] = [];
    // Nothing has come: whether a line feed follows is still open.
    if (piece === '') return messages;
    let text = this.#rest + piece;
    if (this.#skipLineFeed && text.startsWith('\n')) text = text.slice(1);
    this.#skipLineFeed = false;
    for (;;) {
      const end = text.search(/[\r\n]/);
      if (end < 0) break;
      const isCarriageReturn = text[end] === '\r';
      const next = isCarriageReturn && text[end + 1] === '\n' ? end + 2 : end + 1;
      if (isCarriageReturn && end + 1 === text.length) this.#skipLineFeed = true;
      this.#line(text.slice(0, end), messages);
      text = text.slice(next);
    }
    this.#rest = text;
    return messages;
  }

  #line(line: string, messages: StreamMessage[]): void {
    if (line === '') {
      if (this.#data.length > 0) messages.push({ id: this.#id, data: this.#data.join('\n') });
      this.#data = [];
      return;
    }
    const colon = line.indexOf(':');
    if (colon === 0) return;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'data') this.#data.push(value);
    if (field === 'id' && !value.includes('\0')) this.#id = value;
  }
}
