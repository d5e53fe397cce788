import { readFileSync } from 'node:fs';
import { parseJoinToken, type JoinToken } from '@consilium/identity';
import { ConsiliumError } from '@consilium/protocol';
import type { SiteConfig } from '../config/index.js';

const STDIN = 0;

/**
 * Reads the token that the coordinator's admin handed over, and compares it with what `site.yaml` says.
 * @param path - a file, or `-` for standard input
 * @throws ConsiliumError TOKEN_UNREADABLE, TOKEN_INVALID, TOKEN_FOREIGN; exit 2
 */
export function readJoinToken(path: string, config: Pick<SiteConfig, 'site' | 'coordinator'>): JoinToken {
  const token = parseJoinToken(readText(path));
  const foreign = (what: string, fix: string) => new ConsiliumError({ code: 'TOKEN_FOREIGN', errorClass: 'usage', message: what, fix });
  if (token.site !== undefined && token.site !== config.site)
    throw foreign(
      `The join token is for site ${token.site}; site.yaml is for ${config.site}.`,
      'Use the token of this site, or correct "site" in site.yaml.',
    );
  if (token.coordinator !== config.coordinator)
    throw foreign(
      `The join token is for the coordinator ${token.coordinator}; site.yaml names ${config.coordinator}.`,
      'Use a token of that coordinator, or correct "coordinator" in site.yaml.',
    );
  return token;
}

function readText(path: string): string {
  try {
    return readFileSync(path === '-' ? STDIN : path, 'utf8');
  } catch (cause) {
    throw new ConsiliumError({
      code: 'TOKEN_UNREADABLE',
      errorClass: 'usage',
      message: 'The token file cannot be read.',
      fix: 'Give the file with the token to --token-file, or - and the token on standard input.',
      cause,
    });
  }
}
