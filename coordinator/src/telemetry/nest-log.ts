import type { LoggerService } from '@nestjs/common';
import type { Logger } from 'pino';

/** Nest's own warnings and errors into our log; what it merely tells about its start is left out. */
export class NestLog implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(): void {}

  error(message: unknown): void {
    this.logger.error({ nest: String(message) }, 'the HTTP framework reports an error');
  }

  warn(message: unknown): void {
    this.logger.warn({ nest: String(message) }, 'the HTTP framework warns');
  }
}
