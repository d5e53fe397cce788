import { request } from 'node:http';

/** What came back. */
export interface PageAnswer {
  readonly status: number;
  readonly text: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

export interface PageAsk {
  readonly method?: string;
  readonly form?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A browser as far as the site page is concerned: one cookie, and the token of the last form. Node's fetch hides Host and Origin. */
export class PageClient {
  cookie: string | undefined;
  csrf = '';

  constructor(readonly origin: string) {}

  async ask(path: string, { method = 'GET', form, headers = {} }: PageAsk = {}): Promise<PageAnswer> {
    const url = new URL(path, this.origin);
    const body = form === undefined ? undefined : new URLSearchParams(form).toString();
    const answer = await new Promise<PageAnswer>((resolve, reject) => {
      const call = request(
        url,
        {
          method: form === undefined ? method : 'POST',
          headers: {
            ...(this.cookie === undefined ? {} : { cookie: this.cookie }),
            ...(body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded', origin: this.origin }),
            ...headers,
          },
        },
        (response) => {
          let text = '';
          response.setEncoding('utf8').on('data', (piece: string) => (text += piece));
          response.on('end', () => resolve({ status: response.statusCode ?? 0, text, headers: response.headers }));
        },
      );
      call.on('error', reject);
      call.end(body);
    });
    const [cookie] = (answer.headers['set-cookie'] as readonly string[] | undefined) ?? [];
    if (cookie !== undefined) this.cookie = cookie.split(';')[0];
    this.csrf = /name="csrf" value="([\w-]+)"/.exec(answer.text)?.[1] ?? this.csrf;
    return answer;
  }

  /** Posts a form of the page and follows the way back. */
  async post(path: string, form: Readonly<Record<string, string>> = {}): Promise<PageAnswer> {
    const answer = await this.ask(path, { form: { csrf: this.csrf, ...form } });
    const { location } = answer.headers;
    return answer.status === 303 && typeof location === 'string' ? this.ask(location) : answer;
  }

  async signIn(code: string): Promise<PageAnswer> {
    return this.post('/sign-in', { code });
  }
}
