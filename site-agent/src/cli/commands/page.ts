import { ConsiliumError } from '@consilium/protocol';
import { LINK_MS, makePageLink } from '../../page/page-links.js';
import { isAgentRunning } from '../../state/index.js';
import type { AddCommands } from '../command-frame.js';
import { configFile, withState } from '../workplace.js';

export const addPage: AddCommands = (program, frame) => {
  program
    .command('page')
    .description("the site's own page on this machine")
    .command('open')
    .description('a link that opens the page once, within five minutes')
    .action(
      frame('page open', ({ io, globals }) =>
        withState(configFile(globals.config, io), (state, { page }) => {
          if (page === undefined)
            throw new ConsiliumError({
              code: 'PAGE_OFF',
              errorClass: 'usage',
              message: 'This site serves no page.',
              fix: 'Add page: { listen: "127.0.0.1:9466" } to site.yaml and start the agent again.',
            });
          if (!isAgentRunning(state.layout.lock))
            throw new ConsiliumError({
              code: 'AGENT_STOPPED',
              errorClass: 'failed',
              message: 'The agent does not run, and it is the agent that serves the page.',
              fix: 'Start it: consilium-site run, or systemctl start consilium-site',
            });
          const now = new Date();
          const link = `http://${page}/sign-in#${makePageLink(state.layout, now)}`;
          const expiresAt = new Date(now.getTime() + LINK_MS).toISOString();
          return {
            data: { link, expiresAt },
            text: `${link}\nIt works once, until ${expiresAt.slice(11, 16)} UTC. From another machine: ssh -L ${page.slice(page.lastIndexOf(':') + 1)}:${page} HOST`,
          };
        }),
      ),
    );
};
