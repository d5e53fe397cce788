import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { PRODUCT_VERSION } from '@consilium/protocol';
import { z } from 'zod';
import { ProblemDetails } from './problem-details.js';

/** Holds the description once the application can be looked at; served at `/api/v1/openapi.json`. */
export class ApiDescription {
  document: OpenAPIObject | undefined;
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;

const IDEMPOTENCY_KEY = {
  name: 'Idempotency-Key',
  in: 'header' as const,
  required: false,
  description: 'A random UUID for each new request: one that is sent again is done once, and answered alike for a day.',
  schema: { type: 'string', minLength: 16, maxLength: 255 },
};

/** `getStudiesIdRounds`: what a generated client calls a method. */
const operationId = (method: string, address: string): string =>
  method +
  address
    .replace(/^\/api\/v1/, '')
    .split(/[^A-Za-z0-9]+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');

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
  for (const [address, path] of Object.entries(document.paths))
    for (const method of METHODS) {
      const operation = path[method];
      if (!operation) continue;
      operation.operationId = operationId(method, address);
      for (const response of Object.values(operation.responses))
        if (response && 'description' in response) response.description ||= 'As asked.';
      operation.responses['default'] = answer;
      if (method === 'post') operation.parameters = [...(operation.parameters ?? []), IDEMPOTENCY_KEY];
    }
  return document;
}
