/** How a mistake ends a command (UX.md section 3). 0 is success, 130 an interrupt. */
export const EXIT_CODES = {
  failed: 1,
  usage: 2,
  unreachable: 3,
  forbidden: 4,
  refused: 5,
  verification: 6,
  timeout: 7,
} as const;

export type ErrorClass = keyof typeof EXIT_CODES;

/** What every error of Consilium can say: a stable code, a sentence for a person, and what to do next. */
export interface ErrorDetail {
  /** Stable, UPPER_SNAKE_CASE. */
  readonly code: string;
  readonly errorClass: ErrorClass;
  /** One sentence. Never a patient value, key or token. */
  readonly message: string;
  /** The next step, as a sentence or a command. */
  readonly fix: string;
  /** Where in the input, as a JSON pointer or dotted path, with its own sentence. */
  readonly problems?: readonly Problem[];
  /** What went wrong underneath. For the log of this machine; not sent anywhere. */
  readonly cause?: unknown;
}

export interface Problem {
  readonly path: string;
  readonly detail: string;
  readonly fix?: string;
}

/** The one error type that crosses package borders; mapped once each to gRPC, HTTP and exit codes. */
export class ConsiliumError extends Error implements ErrorDetail {
  readonly code: string;
  readonly errorClass: ErrorClass;
  readonly fix: string;
  readonly problems: readonly Problem[];

  constructor(detail: ErrorDetail) {
    super(detail.message, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.name = 'ConsiliumError';
    this.code = detail.code;
    this.errorClass = detail.errorClass;
    this.fix = detail.fix;
    this.problems = detail.problems ?? [];
  }

  get exitCode(): number {
    return EXIT_CODES[this.errorClass];
  }
}
