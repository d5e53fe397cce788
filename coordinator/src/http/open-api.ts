import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { PRODUCT_VERSION } from '@consilium/protocol';
import { z } from 'zod';
import { ProblemDetails } from './problem-details.js';

/** Holds the description once the application can be looked at; served at `/api/v1/openapi.json`. */
export class ApiDescription {
  document: OpenAPIObject | undefined;
}

/** The API described by itself: OpenAPI 3.1, from the schemas that check every request. */
export function openApiDocument(app: INestApplication): OpenAPIObject {
  const config = new DocumentBuilder()
    .setOpenAPIVersion('3.1.1')
    .setTitle('Consilium coordinator')
    .setDescription('Studies, sites and rounds. Errors are problem details (RFC 9457).')
    .setVersion(PRODUCT_VERSION)
    .addBearerAuth()
    .build();
  const document = SwaggerModule.createDocument(app, config);
  const { $schema: _, ...problem } = z.toJSONSchema(ProblemDetails);
  const schema = problem as NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>[string];
  document.components = { ...document.components, schemas: { ...document.components?.schemas, ProblemDetails: schema } };
  const answer = {
    description: 'What went wrong, and what to do.',
    content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/ProblemDetails' } } },
  };
  for (const path of Object.values(document.paths))
    for (const operation of [path.get, path.post]) if (operation) operation.responses['default'] = answer;
  return document;
}
