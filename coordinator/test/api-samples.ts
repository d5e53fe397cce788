import type { OpenAPIObject } from '@nestjs/swagger';

/** As much of JSON Schema as the API's description uses. */
export interface Schema {
  readonly $ref?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly minimum?: number;
  readonly items?: Schema;
  readonly prefixItems?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
}

/**
 * Which answer a schema is to give: one with all that it may have, one whose single values are null wherever they may be,
 * one with null and nothing wherever that may be, one whose lists are empty.
 */
export type Fullness = 'everything' | 'null values' | 'nulls' | 'empty lists';
export const FULLNESSES: readonly Fullness[] = ['everything', 'null values', 'nulls', 'empty lists'];

/** Writes answers that the API's own description allows. */
export class ApiSamples {
  constructor(private readonly document: OpenAPIObject) {}

  /** The JSON of the answer to a request that went well; undefined for an answer of another kind. @throws where there is no such route */
  answer(method: string, path: string, fullness: Fullness): { readonly json: unknown } | undefined {
    const responses = this.#operation(method, path)['responses'] as Record<string, { content?: Record<string, { schema?: Schema }> }>;
    const good = Object.entries(responses).find(([status]) => status.startsWith('2'))?.[1];
    const schema = good?.content?.['application/json']?.schema;
    return schema === undefined ? undefined : { json: this.#sample(schema, fullness) };
  }

  #operation(method: string, path: string): Readonly<Record<string, unknown>> {
    const fits = (template: string) => new RegExp(`^${template.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(path);
    const parameters = (template: string) => template.split('{').length;
    const [template] = Object.keys(this.document.paths)
      .filter(fits)
      .toSorted((one, other) => parameters(one) - parameters(other));
    const operations = template === undefined ? undefined : (this.document.paths[template] as Record<string, unknown>);
    const operation = operations?.[method.toLowerCase()];
    if (operation === undefined) throw new Error(`the API has no ${method} ${path}`);
    return operation as Readonly<Record<string, unknown>>;
  }

  #sample(schema: Schema, fullness: Fullness): unknown {
    const { $ref, const: only, enum: words, anyOf, oneOf, items, prefixItems } = schema;
    if ($ref !== undefined) return this.#sample(this.#named($ref), fullness);
    if (only !== undefined) return only;
    if (words !== undefined) return words.at(fullness === 'everything' ? -1 : 0);
    const kinds = Array.isArray(schema.type) ? (schema.type as readonly string[]) : undefined;
    const choices = anyOf ?? oneOf ?? kinds?.map((type): Schema => ({ ...schema, type }));
    if (choices !== undefined) {
      const isNull = ({ type }: Schema) => type === 'null';
      const full = choices.find((choice) => !isNull(choice));
      const { type } = full?.$ref === undefined ? (full ?? {}) : this.#named(full.$ref);
      const keepsWhole = fullness === 'everything' || (fullness === 'null values' && (type === 'object' || type === 'array'));
      const chosen = keepsWhole ? full : (choices.find(isNull) ?? full);
      return chosen && this.#sample(chosen, fullness);
    }
    if (prefixItems !== undefined) return prefixItems.map((item) => this.#sample(item, fullness));
    if (schema.type === 'array') return fullness === 'empty lists' || items === undefined ? [] : [this.#sample(items, fullness)];
    if (schema.type === 'object') return this.#object(schema, fullness);
    if (schema.type === 'string') return TEXTS[schema.format ?? ''] ?? 'text';
    if (schema.type === 'boolean') return fullness === 'everything';
    if (schema.type === 'number' || schema.type === 'integer') return Math.max(1, schema.minimum ?? 1);
    if (schema.type === 'null' || schema.type === undefined) return null;
    throw new Error(`no sample of ${JSON.stringify(schema.type)}`);
  }

  #object({ properties = {}, required = [], additionalProperties }: Schema, fullness: Fullness): object {
    const members = Object.entries(properties).filter(([name]) => fullness === 'everything' || required.includes(name));
    const more =
      typeof additionalProperties === 'object' && Object.keys(additionalProperties).length > 0 ? additionalProperties : undefined;
    return Object.fromEntries([
      ...members.map(([name, member]) => [name, this.#sample(member, fullness)]),
      ...(more === undefined ? [] : [['name', this.#sample(more, fullness)]]),
    ]) as object;
  }

  #named(reference: string): Schema {
    const name = reference.split('/').at(-1) ?? '';
    const schema = this.document.components?.schemas?.[name];
    if (schema === undefined) throw new Error(`the description refers to ${reference}, which it does not have`);
    return schema as Schema;
  }
}

const TEXTS: Readonly<Record<string, string>> = {
  'date-time': '2026-01-02T03:04:05.000Z',
  date: '2026-01-02',
  email: 'ada@heart.example',
  uuid: '6f2d4c1e-8a0b-4d3c-9e5f-1a2b3c4d5e6f',
};
