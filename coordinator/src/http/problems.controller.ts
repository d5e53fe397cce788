import { Controller, Get, Header, Param } from '@nestjs/common';
import { ApiOperation, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import { ConsiliumError } from '@consilium/protocol';
import { z } from 'zod';
import { OpenToAnybody } from '../access/index.js';
import { PROBLEMS } from './problem-catalogue.js';

const Code = z.string().regex(/^[A-Z][A-Z0-9_]{2,60}$/, 'a code such as STUDY_UNKNOWN');

/** The pages that problem details point to (RFC 9457, `type`). */
@ApiTags('problems')
@Controller('api/v1/problems')
export class ProblemsController {
  @Get()
  @OpenToAnybody()
  @ApiProduces('text/plain')
  @Header('Content-Type', 'text/plain; charset=utf-8')
  @ApiOperation({ summary: 'Every code that the API answers with, and what it means.' })
  @ApiResponse({ status: 200, description: 'A line each.' })
  list(): string {
    return Object.entries(PROBLEMS)
      .map(([code, meaning]) => `${code}\n  ${meaning}\n`)
      .join('');
  }

  @Get(':code')
  @OpenToAnybody()
  @ApiProduces('text/plain')
  @Header('Content-Type', 'text/plain; charset=utf-8')
  @ApiOperation({ summary: 'What a code of a problem means.' })
  @ApiResponse({ status: 200, description: 'A sentence.' })
  page(@Param('code', { schema: Code }) code: string): string {
    const meaning = PROBLEMS[code];
    if (meaning === undefined)
      throw new ConsiliumError({
        code: 'NOT_FOUND',
        errorClass: 'usage',
        message: 'There is no problem of this code.',
        fix: 'The codes are listed at /api/v1/problems.',
      });
    return `${code}\n\n${meaning}\n`;
  }
}
