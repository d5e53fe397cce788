import { ConsiliumError } from '@consilium/protocol';

/** A refusal that ends by itself: answered with 429 and Retry-After. */
export class TryLater extends ConsiliumError {
  constructor(
    code: 'RATE_LIMITED' | 'LOCKED_OUT',
    message: string,
    readonly retryAfterSeconds: number,
  ) {
    super({
      code,
      errorClass: 'forbidden',
      message,
      fix: `Try again in ${retryAfterSeconds} ${retryAfterSeconds === 1 ? 'second' : 'seconds'}.`,
    });
  }
}

export const notSignedIn = (): ConsiliumError =>
  new ConsiliumError({
    code: 'UNAUTHENTICATED',
    errorClass: 'forbidden',
    message: 'This needs somebody who is signed in.',
    fix: 'Sign in (in the console, or consilium login), or send an API token or the admin token of the state directory as a Bearer token.',
  });

export const notPermitted = (message: string, fix = 'Ask an admin of the consortium who may do it.'): ConsiliumError =>
  new ConsiliumError({ code: 'NOT_PERMITTED', errorClass: 'forbidden', message, fix });
