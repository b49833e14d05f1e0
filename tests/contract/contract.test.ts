import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { errorsOf, openapiDocument } from '../../lib/contract/openapi.ts';
import { type Operation, operations } from '../../lib/contract/operations.ts';
import packageJson from '../../package.json' with { type: 'json' };

interface Described {
  readonly operationId: string;
  readonly requestBody?: { readonly content: Record<string, { readonly schema: object; readonly example: unknown }> };
  readonly responses: Record<
    string,
    {
      readonly content: Record<
        string,
        { readonly schema: object; readonly example: unknown; readonly examples?: object }
      >;
    }
  >;
}

describe('the OpenAPI document', () => {
  const document = openapiDocument() as {
    info: Record<string, unknown>;
    paths: Record<string, Record<string, Described>>;
  };
  const described = Object.values(document.paths).flatMap((path) => Object.values(path));

  it('has every operation that has a route', () => {
    const routed = Object.values<Operation>(operations).filter(({ path }) => path);
    expect(described.map(({ operationId }) => operationId).sort()).toEqual(routed.map(({ id }) => id).sort());
  });

  it('has the version and the description of the package', () => {
    expect(document.info).toMatchObject({ version: packageJson.version, description: packageJson.description });
  });

  it('its examples fit its schemas', () => {
    const ajv = new Ajv2020({ formats: { int32: true, int64: true } });
    const contents = described.flatMap(({ requestBody, responses }) => [
      ...Object.values(requestBody?.content ?? {}),
      ...Object.entries(responses)
        .filter(([status]) => Number(status) < 400)
        .flatMap(([, { content = {} }]) => Object.values(content)),
    ]);
    expect(contents.length).toBeGreaterThan(4);
    for (const { schema, example } of contents) expect(ajv.validate(schema, example), ajv.errorsText()).toBe(true);
  });

  it('gives each operation the errors that it can meet', () => {
    expect(errorsOf(operations.generateApiKey)).toEqual([
      '400002',
      '400003',
      '400004',
      '400200',
      '400201',
      '400288',
      '400337',
      '401200',
      '401300',
      '403403',
      '404660',
      '409303',
      '409305',
      '409306',
      '413000',
      '422409',
      '429003',
      '500000',
      '503000',
    ]);
    expect(errorsOf(operations.getApiKey)).toEqual([
      '400288',
      '401200',
      '401300',
      '403403',
      '404660',
      '404666',
      '429003',
      '500000',
      '503000',
    ]);
    expect(errorsOf(operations.getOpenapi)).toEqual(['429003', '500000', '503000']);
    expect(errorsOf(operations.verifyApiKeyDirect)).toEqual(['400200', '400201', '429003', '500000', '503000']);
  });
});
