import { Controller, Get, Headers, Inject, Query, Req, Res, type BeforeApplicationShutdown } from '@nestjs/common';
import { ApiBearerAuth, ApiHeader, ApiOperation, ApiProduces, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { Access, Actor, Permit, type GatedRequest } from '../access/index.js';
import { EventStreams, readTopics, StreamEvent } from '../stream/index.js';
import { responseLine } from './response-line.js';

const Follow = z.object({ topic: z.string().max(4_000), lastEventId: z.string().max(4_000).optional() });

@ApiTags('events')
@ApiBearerAuth()
@Permit('researcher', 'site-it', 'compliance', 'admin')
@Controller('api/v1/events')
export class EventsController implements BeforeApplicationShutdown {
  constructor(
    @Inject(EventStreams) private readonly streams: EventStreams,
    @Inject(Access) private readonly access: Access,
  ) {}

  /** Open the stream first and read afterwards: then nothing falls between. */
  @Get()
  @ApiProduces('text/event-stream')
  @ApiOperation({
    summary: 'What happens, as server-sent events: each event of a study once and in order, also over reconnects and restarts.',
  })
  @ApiQuery({ name: 'topic', description: 'Comma separated: study:HASH, studies, sites, inbox, budgets.' })
  @ApiQuery({ name: 'lastEventId', required: false, description: 'As the header Last-Event-ID, for clients that cannot send it.' })
  @ApiHeader({ name: 'Last-Event-ID', required: false, description: 'The id of the last event that was seen.' })
  @ApiResponse({ status: 200, standardSchema: StreamEvent, description: 'Of each message the JSON in its data: line.' })
  async follow(
    @Query({ schema: Follow }) { topic, lastEventId }: z.infer<typeof Follow>,
    @Headers('last-event-id') lastSeen: string | undefined,
    @Actor() actor: Actor,
    @Req() request: IncomingMessage & Pick<GatedRequest, 'headers'>,
    @Res() response: ServerResponse,
  ): Promise<void> {
    this.streams.requireRoom(actor);
    const places = await this.streams.placesOf(readTopics(topic), lastSeen ?? lastEventId, actor);
    response.writeHead(200, {
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store, no-transform',
      'X-Accel-Buffering': 'no',
    });
    response.write('retry: 2000\n\n');
    request.socket.setKeepAlive(true);
    const stillAllowed = async () => isSame(actor, (await this.access.authenticator.identify(request))?.actor);
    await this.streams.serve(responseLine(response), { ...actor, stillAllowed }, places);
    response.end();
  }

  beforeApplicationShutdown(): void {
    this.streams.endAll();
  }
}

/** A closed account, an ended session, a token that is over, other roles or sites: each ends a stream that began before. */
function isSame(one: Actor, other: Omit<Actor, 'reach'> | undefined): boolean {
  const rights = ({ id, roles, sites }: Omit<Actor, 'reach'>) => JSON.stringify([id, roles, sites]);
  return other !== undefined && rights(one) === rights(other);
}
