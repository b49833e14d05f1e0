import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { errorsOf, openapiDocument } from '../../lib/contract/openapi.ts';
import { type Operation, type OperationId, operations } from '../../lib/contract/operations.ts';
import { apiKeyReply, appReply, errorReply } from '../../lib/contract/schemas.ts';
import packageJson from '../../package.json' with { type: 'json' };

type Content = Record<string, { readonly schema: object; readonly example: unknown }>;

interface Described {
  readonly operationId: string;
  readonly requestBody?: { readonly content: Content };
  readonly responses: Record<string, { readonly content?: Content }>;
}

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly description: string;
  readonly schema: object;
  readonly example?: unknown;
}

describe('the OpenAPI document', () => {
  const document = openapiDocument() as {
    info: Record<string, unknown>;
    paths: Record<string, Record<string, Described>>;
    components: Record<string, Record<string, object>> & {
      schemas: Record<string, object>;
      parameters: Record<string, Parameter>;
      examples: Record<string, { value: object }>;
    };
  };
  const described = Object.values(document.paths).flatMap((path) => Object.values(path));

  it('has every operation that has a route', () => {
    const routed = Object.values<Operation>(operations).filter(({ path }) => path);
    expect(described.map(({ operationId }) => operationId).sort()).toEqual(routed.map(({ id }) => id).sort());
  });

  it('has the version and the description of the package', () => {
    expect(document.info.version).toBe(packageJson.version);
    expect(document.info.description).toMatch(packageJson.description);
  });

  it('its examples fit its schemas, and the exact ones of the validators', () => {
    const ajv = new Ajv2020({ strict: false, formats: { int32: true, int64: true } });
    ajv.addSchema({ ...document, $id: 'document' });
    const fits = (schema: object, value: unknown) =>
      expect(ajv.validate(schema, value), `${ajv.errorsText()}: ${JSON.stringify(value)}`).toBe(true);
    for (const { operationId, requestBody, responses } of described) {
      const { body, reply } = operations[operationId as OperationId] as Operation;
      const asked = requestBody?.content['application/json'];
      const answered = Object.values(responses[reply.status]?.content ?? {})[0];
      expect([asked, answered].map((part) => part !== undefined)).toEqual([body, reply.schema].map(Boolean));
      for (const [content, exact] of [
        [asked, body],
        [answered, reply.schema],
      ] as const) {
        if (!content || !exact) continue;
        fits(exact, content.example);
        fits(JSON.parse(JSON.stringify(content.schema).replace('"#/', '"document#/')), content.example);
      }
    }
    for (const { value } of Object.values(document.components.examples)) fits(errorReply, value);
  });

  it('names each schema of an object and refers to it', () => {
    expect(Object.keys(document.components.schemas)).toEqual(
      expect.arrayContaining(['ApiKey', 'NewApiKey', 'ApiKeyPage', 'App', 'AppPage', 'Grant', 'ApiError']),
    );
    expect(Object.keys(document.components.schemas)).not.toContain('Error');
    const contents = described.flatMap(({ requestBody, responses }) =>
      [requestBody, ...Object.values(responses)].flatMap((part) => Object.values(part?.content ?? {})),
    );
    const unnamed = contents.filter(({ schema }) => 'properties' in schema || 'oneOf' in schema);
    expect(unnamed).toEqual([]);
    expect(JSON.stringify(document).length).toBeLessThan(109_000);
  });

  it('refers to what is there, and has nothing that is not referred to', () => {
    const { securitySchemes, ...parts } = document.components;
    const there = Object.entries(parts).flatMap(([kind, named]) =>
      Object.keys(named).map((name) => `#/components/${kind}/${name}`),
    );
    const refs = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, ref]) => ref);
    expect([...new Set(refs)].sort()).toEqual(there.sort());
  });

  it('has no empty list of required fields', () => {
    expect(JSON.stringify(document)).not.toContain('"required":[]');
  });

  it('says that the client encodes what is in a path, and which HRN that is', () => {
    const inPath = Object.values(document.components.parameters).filter((parameter) => parameter.in === 'path');
    expect(inPath.map(({ name }) => name)).toEqual(['app', 'apiKey', 'principal', 'issuer']);
    for (const { description } of inPath) expect(description).toContain('Your client encodes the value');
    const [app, apiKey] = inPath;
    expect(app?.schema).toMatchObject({ pattern: appReply.properties.hrn.pattern });
    expect(apiKey?.schema).toMatchObject({ pattern: apiKeyReply.properties.apiKey.pattern });
  });

  it('its examples do no harm when they are sent as they are', () => {
    const sent = (id: OperationId) =>
      described.find(({ operationId }) => operationId === id)?.requestBody?.content['application/json']?.example;
    expect(sent('rotateApiKey')).toEqual({ overlapSeconds: 3600 });
    expect(sent('updateApiKey')).toEqual({ name: expect.any(String) });
    expect(sent('updateApp')).toEqual({ description: expect.any(String) });
    expect(sent('putGrant')).toEqual({ actions: ['read'] });
    const { IdempotencyKey, CorrelationId, RequestId, Principal } = document.components.parameters;
    for (const header of [IdempotencyKey, CorrelationId, RequestId])
      expect(JSON.stringify(header)).not.toMatch(/example/);
    expect(Principal?.example).not.toBe('demo');
  });

  it('has a default only where a field that is left out means it', () => {
    const defaults = (name: string) =>
      [...JSON.stringify(document.components.schemas[name]).matchAll(/"default":([^,}]+)/g)].map(([, value]) => value);
    expect(defaults('GenerateApiKeyBody')).toEqual(['-1', 'true']);
    expect(defaults('RotateApiKeyBody')).toEqual(['0']);
    for (const name of ['UpdateApiKeyBody', 'UpdateAppBody', 'ApiKey', 'NewApiKey']) expect(defaults(name)).toEqual([]);
  });

  it('a key that is generated has no predecessor in its example, a successor has', () => {
    const made = (id: OperationId) =>
      described.find(({ operationId }) => operationId === id)?.responses[201]?.content?.['application/json']?.example;
    expect(made('generateApiKey')).not.toHaveProperty('rotatedFrom');
    expect(made('rotateApiKey')).toHaveProperty('rotatedFrom');
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
      '400200',
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
