/** US dollars, us-east-1, on demand, 2026, without free tiers or volume discounts: to be checked against AWS's price pages. */
export const prices = {
  writeUnit: 0.625e-6,
  readUnit: 0.125e-6,
  lambdaRequest: 0.2e-6,
  /** arm64, for one GB for one second */
  lambdaGbSecond: 0.0000133334,
  /** a request to a REST API of API Gateway */
  gateway: 3.5e-6,
  kmsRequest: 0.03 / 10_000,
  logByte: 0.5e-9,
  trace: 5e-6,
  fargateCpuHour: 0.04048,
  fargateGbHour: 0.004445,
  balancerHour: 0.0225,
  balancerUnitHour: 0.008,
} as const;

export const monthHours = 730;
