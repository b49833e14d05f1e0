import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { GatewayReply } from '../../lib/service/http/exchange.ts';

interface GatewayResponse {
  readonly ResponseType: string;
  readonly StatusCode: string;
  readonly ResponseParameters: Readonly<Record<string, string>>;
  readonly ResponseTemplates: { readonly 'application/json': string };
}

const template = readFileSync(new URL('../templates/gateway-responses.yml', import.meta.url), 'utf8');
const resources: Record<string, { Properties: GatewayResponse }> = parse(template, { merge: true }).Resources;
const responses = new Map(Object.values(resources).map(({ Properties }) => [Properties.ResponseType, Properties]));

/** The gateway's own responses, from the definition that is deployed. */
export function gatewayResponse(type: string, requestId: string): GatewayReply {
  const response = responses.get(type);
  if (!response) throw new Error(`infra/templates/gateway-responses.yml does not define ${type}.`);
  const headers = Object.entries(response.ResponseParameters).map(([name, value]) => [
    name.replace('gatewayresponse.header.', ''),
    value.startsWith("'") ? value.slice(1, -1) : requestId,
  ]);
  return {
    statusCode: Number(response.StatusCode),
    headers: { 'Content-Type': 'application/json', ...Object.fromEntries(headers) },
    body: response.ResponseTemplates['application/json'].replaceAll(/\$context\.\w+/g, requestId),
  };
}
