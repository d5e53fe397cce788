import { EGRESS_KINDS, egressTotals } from '../../egress/index.js';
import type { AddCommands } from '../command-frame.js';
import { configFile, withState } from '../workplace.js';

export const addEgress: AddCommands = (program, frame) => {
  const egress = program.command('egress').description('the record of every byte sent');
  egress
    .command('show')
    .description('totals by kind')
    .action(
      frame('egress show', ({ io, globals }) =>
        withState(configFile(globals.config, io), async (state) => {
          const totals = await egressTotals(state.layout.egress);
          const { bytes, atMost, messages, unreadable, since, until } = totals;
          const width = Math.max(...EGRESS_KINDS.map((kind) => kind.length));
          const lines = EGRESS_KINDS.map((kind) => `${kind.padEnd(width)}  ${String(bytes[kind]).padStart(15)} bytes`);
          const head =
            since === null
              ? 'This site has sent nothing.'
              : `${messages} messages from ${since} to ${until ?? since}, without what TLS adds:`;
          const notes = [
            ...(atMost > 0 ? [`Of these ${atMost} bytes are a bound: uploads that have not ended, or were cut off.`] : []),
            ...(unreadable > 0 ? [`${unreadable} lines cannot be read.`] : []),
          ];
          return { data: { file: state.layout.egress, ...totals }, text: [head, ...(since === null ? [] : lines), ...notes].join('\n') };
        }),
      ),
    );
};
