import type { Part } from './split.js';

const BIT: Record<Part, number> = { train: 1, test: 2 };

/** Numbers the patients as they come, and remembers in which parts their rows are. */
export class PatientRegister {
  readonly #numbers = new Map<string, number>();
  readonly #parts: number[] = [];

  /** @returns the patient's number, from 0 */
  number(identity: string): number {
    const known = this.#numbers.get(identity);
    if (known !== undefined) return known;
    const number = this.#parts.length;
    this.#numbers.set(identity, number);
    this.#parts.push(0);
    return number;
  }

  place(number: number, part: Part): void {
    this.#parts[number] = (this.#parts[number] ?? 0) | BIT[part];
  }

  get count(): number {
    return this.#parts.length;
  }

  countIn(part: Part): number {
    return this.#parts.filter((parts) => parts & BIT[part]).length;
  }

  get used(): number {
    return this.#parts.filter((parts) => parts > 0).length;
  }

  get inBothParts(): number {
    return this.#parts.filter((parts) => parts === (BIT.train | BIT.test)).length;
  }
}
