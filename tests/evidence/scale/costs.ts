import { monthHours, prices } from './prices.ts';

/** What one call takes. */
export interface Call {
  readonly what: string;
  /** units and requests as tests/functions/cost.test.ts asserts them */
  readonly writes: number;
  readonly reads: number;
  readonly kms: number;
  readonly isInvoked: boolean;
  readonly isThroughGateway: boolean;
  /** bytes of the function's own log lines, as tests/evidence/scale/log-bytes.test.ts measures them */
  readonly logBytes: number;
}

const inFunction = { kms: 0, isInvoked: true, isThroughGateway: false };
const overHttp = { ...inFunction, isThroughGateway: true };
const library = { writes: 0, kms: 0, isInvoked: false, isThroughGateway: false, logBytes: 0 };

export const calls = {
  generate: { what: 'generate', ...overHttp, writes: 2, reads: 0, logBytes: 1_690 },
  repeatable: { what: 'generate, `Idempotency-Key`', ...overHttp, writes: 2, reads: 1, kms: 1, logBytes: 1_690 },
  direct: { what: 'generate, invoked directly', ...inFunction, writes: 1, reads: 0, logBytes: 1_440 },
  call: { what: '`POST /apiKeys/verify`', ...overHttp, writes: 0, reads: 1, logBytes: 1_310 },
  remembered: { what: '`POST /apiKeys/verify`, cached key', ...overHttp, writes: 0, reads: 0, logBytes: 1_330 },
  authorizer: { what: 'authorizer', ...inFunction, writes: 0, reads: 1, logBytes: 1_170 },
  authorizerRemembered: { what: 'authorizer, cached key', ...inFunction, writes: 0, reads: 0, logBytes: 1_180 },
  library: { what: 'library', ...library, reads: 1 },
  libraryRemembered: { what: 'library, cached key', ...library, reads: 0 },
} as const satisfies Record<string, Call>;

const lambda = { gb: 0.5, cpus: 512 / 1_769, roundTripMs: 5, ownCpuMs: 0.5, requestCpuMs: 2 };
/** START, END and REPORT, which Lambda writes for each invocation; taken from their form, not measured. */
export const platformLogBytes = 400;
/** The line of infra/templates/stage.yml, filled in. */
export const gatewayLogBytes = 330;
const tracedPart = 0.05;

/** ms for which an invocation is billed, by assumption: a round trip for each request, and processor time at 512 MB's share */
export function lambdaMs({ writes, reads, kms, isInvoked }: Call): number {
  if (!isInvoked) return 0;
  const requests = writes + reads + kms;
  return requests * lambda.roundTripMs + (lambda.ownCpuMs + requests * lambda.requestCpuMs) / lambda.cpus;
}

export function allLogBytes({ logBytes, isInvoked, isThroughGateway }: Call): number {
  return logBytes + (isInvoked ? platformLogBytes : 0) + (isThroughGateway ? gatewayLogBytes : 0);
}

/** US dollars of one call, by what they are paid for. */
export function costOf(call: Call) {
  const { writes, reads, kms, isInvoked, isThroughGateway } = call;
  const parts = {
    database: writes * prices.writeUnit + reads * prices.readUnit,
    lambda: isInvoked ? prices.lambdaRequest + (lambdaMs(call) / 1_000) * lambda.gb * prices.lambdaGbSecond : 0,
    gateway: isThroughGateway ? prices.gateway : 0,
    kms: kms * prices.kmsRequest,
    logs: allLogBytes(call) * prices.logByte,
    traces: isInvoked ? tracedPart * prices.trace : 0,
  };
  return { ...parts, sum: Object.values(parts).reduce((sum, part) => sum + part, 0) };
}

/** US dollars a month of containers of a quarter processor and 0.5 GB behind a load balancer that uses one capacity unit. */
export function containerMonth(containers: number): number {
  const container = 0.25 * prices.fargateCpuHour + 0.5 * prices.fargateGbHour;
  return (containers * container + prices.balancerHour + prices.balancerUnitHour) * monthHours;
}

/** Calls a second from which containers cost less; they save what is paid to Lambda, its log and traces, and to the gateway and its log. */
export function breakEven(call: Call, containers: number): number {
  const { lambda: functions, gateway, traces } = costOf(call);
  const saved = functions + gateway + traces + (allLogBytes(call) - call.logBytes) * prices.logByte;
  return containerMonth(containers) / saved / (monthHours * 3_600);
}
