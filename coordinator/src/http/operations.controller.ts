import { Controller, Get, Header, Inject, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { OpenToAnybody, Permit, SignedIn } from '../access/index.js';
import { ApiDescription } from './open-api.js';
import { Metrics } from '../telemetry/metrics.js';
import { Readiness, type ReadinessReport } from '../telemetry/readiness.js';

interface Response {
  status(code: number): unknown;
}

/** What the machinery around the coordinator asks. */
@ApiExcludeController()
@Controller()
export class OperationsController {
  constructor(
    @Inject(Readiness) private readonly readiness: Readiness,
    @Inject(Metrics) private readonly measured: Metrics,
    @Inject(ApiDescription) private readonly description: ApiDescription,
  ) {}

  @Get('healthz')
  @OpenToAnybody()
  health(): { readonly status: 'ok' } {
    return { status: 'ok' };
  }

  @Get('readyz')
  @OpenToAnybody()
  async ready(@Res({ passthrough: true }) response: Response): Promise<ReadinessReport> {
    const report = await this.readiness.report();
    response.status(report.ready ? 200 : 503);
    return report;
  }

  @Get('metrics')
  @Permit('admin')
  @Header('Content-Type', 'text/plain; version=0.0.4; charset=utf-8')
  async metrics(): Promise<string> {
    return this.measured.text();
  }

  @Get('api/v1/openapi.json')
  @SignedIn()
  openApi(): unknown {
    return this.description.document;
  }
}
