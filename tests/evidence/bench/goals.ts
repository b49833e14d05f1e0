/** At most so much of what a function that makes one write with the AWS SDK takes; `warm` of one with lib-dynamodb. */
export const goals = {
  /** 0.85 and 0.62 before keys had restrictions */
  generateBytes: 0.9,
  authorizerBytes: 0.64,
  generateStart: 0.85,
  authorizerStart: 0.65,
  memory: 0.95,
  warm: 1.1,
} as const;
