import { EGRESS_KINDS, type EgressFilter, type EgressLine, type EgressTotals } from '../../egress/index.js';
import { html, type Html } from '../html.js';
import { csvCell } from './results.js';

export const SHOWN = 200;

/** @param lines - the last that match, newest first */
export function egressView(filter: EgressFilter, totals: EgressTotals, lines: readonly EgressLine[], query: string): Html {
  const option = (value: string, name: string) =>
    html`<option value="${value}" ${value === (filter.kind ?? '') && html` selected`}>${name}</option>`;
  return html`<p>
      Every byte that this site sent, as it recorded it before it left. This record is the authority; the console shows what was received
      there.
    </p>
    <form method="get" action="/egress" class="card filters">
      <div>
        <label for="study">Study</label
        ><input id="study" name="study" value="${filter.study}" placeholder="first digits" pattern="[0-9a-f]{1,64}" />
      </div>
      <div>
        <label for="kind">Kind</label
        ><select id="kind" name="kind">
          ${option('', 'all')}${EGRESS_KINDS.map((kind) => option(kind, kind))}
        </select>
      </div>
      <div><label for="from">From</label><input id="from" name="from" type="date" value="${filter.from}" /></div>
      <div><label for="to">To</label><input id="to" name="to" type="date" value="${filter.to}" /></div>
      <div><button>Show</button></div>
    </form>
    ${totals.since === null ? html`<p>${Object.values(filter).some((value) => value !== undefined) ? 'Nothing that matches has left this site.' : 'This site has sent nothing.'}</p>` : record(totals, lines, query)}`;
}

function record({ bytes, atMost, messages, unreadable, since, until }: EgressTotals, lines: readonly EgressLine[], query: string): Html {
  const kinds = EGRESS_KINDS.filter((kind) => bytes[kind] > 0);
  return html`<h2>Totals</h2>
    <p>
      ${messages} messages from ${since} to ${until}, without what TLS
      adds.${atMost > 0 && ` Of these ${atMost} bytes are a bound: uploads that have not ended, or were cut off.`}${unreadable > 0 && ` ${unreadable} lines cannot be read.`}
    </p>
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th scope="col">Kind</th>
            <th scope="col" class="number">Bytes</th>
          </tr>
        </thead>
        <tbody>
          ${kinds.map(
            (kind) =>
              html`<tr>
                <td>${kind}</td>
                <td class="number">${bytes[kind]}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    <h2>The last ${lines.length === SHOWN ? SHOWN : ''} lines</h2>
    <p><a href="/egress.csv${query === '' ? '' : `?${query}`}">All matching lines as CSV</a></p>
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col">Kind</th>
            <th scope="col">Method</th>
            <th scope="col">Study</th>
            <th scope="col" class="number">Round</th>
            <th scope="col" class="number">Bytes</th>
          </tr>
        </thead>
        <tbody>
          ${lines.map(
            (line) =>
              html`<tr>
                <td>${line.time}</td>
                <td>${line.kind}</td>
                <td><code>${line.method}</code></td>
                <td><code>${line.study?.slice(0, 8)}</code></td>
                <td class="number">${line.round}</td>
                <td class="number">${'atMost' in line ? `≤ ${line.atMost}` : line.bytes}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>`;
}

const HEADER = ['time', 'kind', 'method', 'study', 'round', 'bytes', 'atMost', 'messages', 'upload', 'sha256', 'destination'] as const;

export const egressCsvHeader = `${HEADER.join(',')}\r\n`;

export function egressCsvLine(line: EgressLine): string {
  const fields: Readonly<Record<string, string | number | undefined>> = line;
  return `${HEADER.map((name) => csvCell(fields[name] ?? '')).join(',')}\r\n`;
}
