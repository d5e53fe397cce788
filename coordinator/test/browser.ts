import { SESSION_COOKIE } from '../src/access/index.js';

interface Session {
  readonly account: { readonly id: string; readonly email: string; readonly totp: boolean };
  readonly csrf: string;
}

/** What a browser does with the API: keeps the cookie, and sends back the word of its page. */
export class Browser {
  cookie: string | undefined;
  csrf = '';

  constructor(private readonly url: string) {}

  withCookie(cookie: string | undefined): this {
    this.cookie = cookie;
    return this;
  }

  get = (path: string) => this.#send('GET', path);
  post = (path: string, body: unknown, headers?: Record<string, string>) => this.#send('POST', path, body, headers);
  patch = (path: string, body: unknown) => this.#send('PATCH', path, body);
  delete = (path: string, body?: unknown) => this.#send('DELETE', path, body);

  call = (method: string, url: string) => this.#send(method, url);

  async signIn(email: string, password: string): Promise<this> {
    const response = await this.post('/session', { email, password });
    if (response.status !== 200) throw new Error(`not signed in: ${await response.text()}`);
    return this;
  }

  async signedIn(): Promise<Session> {
    return (await (await this.get('/session')).json()) as Session;
  }

  async #send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Response> {
    const response = await fetch(path.startsWith('http') ? path : `${this.url}/api/v1${path}`, {
      method,
      redirect: 'manual',
      headers: {
        ...(this.cookie === undefined ? {} : { cookie: this.cookie }),
        'x-consilium-csrf': this.csrf,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    for (const set of response.headers.getSetCookie()) if (set.startsWith(SESSION_COOKIE)) this.cookie = set.split(';')[0];
    if (method === 'POST' && path === '/session' && response.ok) this.csrf = ((await response.clone().json()) as Session).csrf;
    return response;
  }
}
