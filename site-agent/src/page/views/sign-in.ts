import { html, type Html } from '../html.js';

export function signInView(wrong: boolean): Html {
  return html`${wrong && html`<div class="notice bad" role="alert">That code was used already, is too old, or was never given. Ask for a new one.</div>`}
    <div class="card">
      <p>
        On this machine, as a user who may run the commands of the site: <code>consilium-site page open</code>. It prints a link that works
        once, for five minutes.
      </p>
      <form method="post" action="/sign-in" data-sign-in>
        <label for="code">Code of the link</label
        ><input id="code" name="code" autocomplete="off" spellcheck="false" required autofocus /><button>Sign in</button>
      </form>
    </div>`;
}
