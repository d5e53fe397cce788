/** Where the study is, in one line that replaces itself on a terminal, and is printed anew only when it changed elsewhere. */
export class ProgressLine {
  #last = '';

  constructor(
    private readonly out: NodeJS.WriteStream,
    private readonly prefix: string,
  ) {}

  show(line: string): void {
    if (line === this.#last) return;
    this.#last = line;
    this.out.write(this.out.isTTY ? `\r\u001b[2K${this.prefix}${line}` : `${this.prefix}${line}\n`);
  }

  /** Leaves the last line standing. */
  end(): void {
    if (this.out.isTTY && this.#last !== '') this.out.write('\n');
    this.#last = '';
  }

  say(line: string): void {
    this.end();
    this.out.write(`${this.prefix}${line}\n`);
  }
}
