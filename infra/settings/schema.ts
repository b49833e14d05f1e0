import { writeFileSync } from 'node:fs';
import {
  keyPrefixRule,
  maxCacheSeconds,
  maxCacheSecondsOutside,
  maxLastUsedSeconds,
  partitionRule,
  realmRule,
} from '../../lib/verification/settings-rules.ts';

/** `must` is the rule in words, for the error message. */
const text = (description: string, pattern: string, must: string) => ({ type: 'string', description, pattern, must });

const whole = (description: string, minimum: number, maximum: number) => ({
  type: 'integer',
  description,
  minimum,
  maximum,
  must: `be a whole number from ${minimum} to ${maximum}`,
});

const group = (description: string, properties: object, required: readonly string[] = []) => ({
  type: 'object',
  description,
  properties,
  required,
  additionalProperties: false,
  must: 'be a group of settings',
});

/** Settings of the console that apply only to a sign-in. */
const needIssuer = ['clientId', 'commandLineClientId', 'parameters', 'endpoints'];

const list = (description: string, items: object, must: string) => ({
  type: 'array',
  description,
  items,
  minItems: 1,
  uniqueItems: true,
  must,
});

/** The longest TTL that API Gateway allows. */
const maxGatewayTtlSeconds = 3_600;

/** A throttle of API Gateway, which all callers of a method share. */
function gatewayLimits(rateLimit: number, burstLimit: number) {
  return {
    rateLimit: {
      type: 'number',
      description: 'Requests per second.',
      exclusiveMinimum: 0,
      maximum: 100_000,
      default: rateLimit,
      must: 'be a number above 0, at most 100000',
    },
    burstLimit: { ...whole('Requests at once.', 1, 100_000), default: burstLimit },
  };
}

const claim = text(
  'The name of a claim, or a JSON Pointer into the token (/realm_access/roles).',
  '^([^/].{0,255}|(/([^/~]|~[01])*){1,16})$',
  'be the name of a claim or a JSON Pointer',
);

const claimOrList = (what: string) => ({
  type: ['string', 'array'],
  description: `The claim that contains ${what}: a name, a JSON Pointer, or a list of these. The first claim that a token has counts.`,
  pattern: claim.pattern,
  items: claim,
  minItems: 1,
  uniqueItems: true,
  must: 'be the name of a claim, a JSON Pointer, or a list of at least one of those, each once',
});

const claims = (description: string) =>
  group(description, {
    principal: claimOrList('the principal'),
    realm: claimOrList('the realm of the principal'),
    scope: claimOrList('the scope'),
    permissions: claimOrList('the permissions'),
  });

const values = (description: string) => ({
  type: 'object',
  description,
  minProperties: 1,
  propertyNames: { pattern: claim.pattern, must: claim.must },
  additionalProperties: {
    type: ['string', 'number', 'boolean'],
    minimum: Number.MIN_SAFE_INTEGER,
    maximum: Number.MAX_SAFE_INTEGER,
    must: 'be a text, a number of at most 15 digits, or true or false, as it is in the token',
  },
  must: 'be a group of claims and their values, at least one',
});

const realm = textOf(realmRule, 'The realm of all tokens of this issuer.');
const nonEmpty = (description: string) =>
  text(description, '^[^\\s\\u0000-\\u001f]{1,1024}$', 'be 1 to 1024 characters without spaces');

const url = (description: string) =>
  text(description, '^https?://[^\\s@]{1,1024}$', 'be an https URL without credentials');

const issuer = group(
  'A token issuer that the service trusts.',
  {
    issuer: text(
      'The exact value of the claim iss.',
      '^[^\\s#\\u0000-\\u001f]{1,1024}$',
      'be the issuer\'s URL or name, without "#" and spaces',
    ),
    jwksUri: text(
      "The address of the issuer's keys. Without it, packaging finds it by OpenID discovery.",
      '^https?://[^\\s@]{1,1024}$',
      'be an https URL without credentials',
    ),
    algorithms: list(
      'The signature algorithms that its tokens may have.',
      text(
        'A signature algorithm.',
        '^((RS|PS|ES)(256|384|512)|EdDSA|Ed25519)$',
        'be an algorithm such as RS256 or ES256',
      ),
      'be a list of at least one algorithm, each once',
    ),
    audience: {
      type: ['string', 'array'],
      description: 'A text or a list. A token must name one of the audiences.',
      pattern: nonEmpty('').pattern,
      items: nonEmpty('An audience.'),
      minItems: 1,
      uniqueItems: true,
      must: 'be a text without spaces, or a list of at least one such text, each once',
    },
    audienceClaim: { ...claim, description: 'The claim that names the audience if a token has no aud.' },
    realm,
    realms: list(
      'The realms that its tokens may name in the realm claim. An entry may end in "*".',
      text(
        'A realm.',
        '^([A-Za-z0-9_-]{1,64}|[A-Za-z0-9_-]{0,63}\\*)$',
        'be 1 to 64 letters, digits, "_" or "-", and may end in "*"',
      ),
      'be a list of at least one realm, each once',
    ),
    principalPrefix: text(
      'A prefix for every principal of this issuer, such as "github:".',
      '^(?!lambda:)[!-~]{1,64}$',
      'be 1 to 64 visible ASCII characters that do not begin with "lambda:"',
    ),
    tokenType: text(
      "The typ that a token's header must have, such as at+jwt.",
      '^[\\w.+/-]{1,64}$',
      'be a type such as at+jwt',
    ),
    require: values('Claims that a token must have, with exactly these values.'),
    idToken: { type: 'boolean', description: 'Accept ID tokens of this issuer.', must: 'be true or false' },
    claims: claims('The claim names of its tokens. Default: the claims of all issuers.'),
    permissionsPrefix: nonEmpty(
      'A prefix that is removed from each permission. A permission without the prefix is ignored.',
    ),
    rules: {
      type: 'array',
      description: 'Permissions for tokens with certain claims.',
      minItems: 1,
      items: group(
        'Gives permissions to tokens that have all these claims.',
        {
          when: values('All must match exactly. A list in the token must contain the value.'),
          allow: list(
            'The permissions.',
            text(
              'A permission.',
              '^account:(createApp|verify|(read|write|manage):([^*\\s]+:app/[A-Za-z0-9]{1,64}|[^*\\s]*\\*))$',
              'be account:createApp, account:verify, or account:read|write|manage:HRN, where the HRN may end in "*"',
            ),
            'be a list of at least one permission, each once',
          ),
        },
        ['when', 'allow'],
      ),
      must: 'be a list of rules, each with when and allow',
    },
  },
  ['issuer', 'algorithms', 'audience'],
);

const lifetime = {
  defaultDays: whole(
    'After how many days an API key expires if its creator sets no expiry. Default: maxDays, or never.',
    1,
    3650,
  ),
  maxDays: whole('The maximum lifetime of an API key, in days. Default: no limit.', 1, 3650),
};

const isSet = (description: string, standard: boolean) => ({
  type: 'boolean',
  description,
  default: standard,
  must: 'be true or false',
});

/** The partitions of AWS, as a regular expression. */
const partitions = 'aws(-(cn|us-gov|iso|iso-[bef]|eusc))?';

const uuid = '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}';

/** @param resource the part after the account, as a regular expression */
const arn = (description: string, service: string, resource: string, example: string) =>
  text(
    description,
    `^arn:${partitions}:${service}:[a-z]{2,4}(-[a-z]+)+-\\d{1,2}:\\d{12}:${resource}$`,
    `be an ARN such as ${example}`,
  );

const keyArn = (description: string) =>
  arn(
    description,
    'kms',
    `key/(${uuid}|mrk-[0-9a-f]{32})`,
    'arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab',
  );

/** @see https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html */
const retentions = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

/** @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
const reservedBeginnings = 'xn--|sthree-|amzn-s3-demo-|(\\d+\\.){3}\\d+$';
const reservedEndings = '-s3alias|--ol-s3|\\.mrap|--x-s3|--table-s3';

const tagRule = { pattern: '^(?![Aa][Ww][Ss]:)[\\p{L}\\p{Z}\\p{N}_.:/=+@-]{1,128}$' };

const deployment = group('Settings of the templates. No function reads them.', {
  alarmTopicArn: arn(
    'The SNS topic that every alarm notifies. Default: none. The alarms exist anyway.',
    'sns',
    '[A-Za-z0-9_-]{1,256}',
    'arn:aws:sns:eu-central-1:123456789012:alarms',
  ),
  canary: isSet(
    'First give a tenth of the requests to a new version of the authorizer and the verify functions.',
    true,
  ),
  dashboard: isSet('Create a CloudWatch dashboard.', false),
  contributorInsights: isSet('Let CloudWatch count verifications per application.', false),
  memorySize: { ...whole('The memory of each function, in MB.', 128, 10_240), default: 512 },
  reservedConcurrency: {
    type: 'object',
    description: 'Reserved concurrency of functions, by their names in serverless.yml. Default: none.',
    additionalProperties: whole('How many requests the function handles at once.', 0, 1_000_000),
    default: {},
    must: 'be a group of functions, each with a whole number',
  },
  pages: {
    ...group('The pages that anybody can read: reference page, console, OpenAPI document.', {
      enabled: isSet('Serve them.', true),
      rateLimit: {
        type: 'number',
        description: 'Requests per second for each page, from all readers together.',
        exclusiveMinimum: 0,
        maximum: 100_000,
        default: 20,
        must: 'be a number above 0, at most 100000',
      },
      burstLimit: { ...whole('Requests at once for each page.', 1, 100_000), default: 40 },
    }),
    default: {},
  },
  logs: {
    ...group('The log groups.', {
      retentionDays: {
        type: 'integer',
        description: 'How many days the logs are kept.',
        enum: retentions,
        default: 30,
        must: `be one of ${retentions.join(', ')}`,
      },
      kmsKeyArn: keyArn('The KMS key that encrypts the logs. Default: a key of CloudWatch Logs.'),
    }),
    default: {},
  },
  table: {
    ...group('The table.', {
      kmsKeyArn: keyArn("The KMS key that encrypts the table. Default: the account's key for DynamoDB."),
      streamArn: arn(
        'The stream of a restored table. Default: the stream of the table that the data stack created.',
        'dynamodb',
        'table/[A-Za-z0-9_.-]{3,255}/stream/\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}\\.\\d{3}',
        'arn:aws:dynamodb:eu-central-1:123456789012:table/appkeys-prod/stream/2026-11-27T04:00:00.000',
      ),
    }),
    default: {},
  },
  accountLogRole: isSet(
    'Set the role with which API Gateway writes all access logs of the account and Region. False: the account has a role.',
    true,
  ),
  webAclArn: arn(
    'The WAF web ACL of the API.',
    'wafv2',
    `regional/webacl/[A-Za-z0-9_-]{1,128}/${uuid}`,
    'arn:aws:wafv2:eu-central-1:123456789012:regional/webacl/api/1234abcd-12ab-34cd-56ef-1234567890ab',
  ),
  authorizerAccounts: {
    type: 'array',
    description: 'Other AWS accounts whose APIs can invoke the authorizer.',
    items: text('The ID of an account.', '^\\d{12}$', 'be the 12 digits of an account ID, in quotes'),
    uniqueItems: true,
    default: [],
    must: 'be a list of account IDs, each once',
  },
  permissionsBoundaryArn: text(
    'The permissions boundary of every role.',
    `^arn:${partitions}:iam::(\\d{12}|aws):policy/(?=.{1,640}$)([\\w+=,.@-]+/)*[\\w+=,.@-]{1,128}$`,
    'be an ARN such as arn:aws:iam::123456789012:policy/boundary',
  ),
  tags: {
    type: 'object',
    description: 'Tags of both stacks and of the resources in them.',
    propertyNames: { ...tagRule, must: 'be 1 to 128 letters, digits, spaces or _.:/=+@- and not begin with "aws:"' },
    additionalProperties: text(
      'The value of a tag.',
      tagRule.pattern.replace('(?![Aa][Ww][Ss]:)', '').replace('1,128', '0,256'),
      'be at most 256 letters, digits, spaces or _.:/=+@-',
    ),
    maxProperties: 49,
    default: {},
    must: 'be a group of at most 49 tags and their values',
  },
  deploymentBucket: text(
    'Your S3 bucket for the uploads of deployments. Default: the stack creates a bucket.',
    `^(?!${reservedBeginnings})(?!.*(\\.\\.|(${reservedEndings})$))[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`,
    'be the name of a general purpose S3 bucket',
  ),
  extraResources: text(
    'Your file with resources, outputs and overrides for the templates, such as infra/site.yml.',
    '^(?![/~])(?!.*\\.\\.)[\\w./-]{0,199}\\w\\.ya?ml$',
    'be the path of a YAML file in the project, such as infra/site.yml',
  ),
});

/**
 * The JSON Schema of a stage's file in `infra/settings/`, with the defaults of all optional settings.
 * @see https://json-schema.org/draft/2020-12
 */
export const settingsSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Settings of one stage of appkeys',
  ...group(
    'The settings with which a stage of appkeys is deployed.',
    {
      partition: { ...textOf(partitionRule, 'The partition in HRNs: hrn:{partition}:account::…'), default: 'here' },
      rateLimit: {
        ...text(
          'How many management calls a principal can make: "requests per second,burst", or "off".',
          '^(off|(?!0+(\\.0+)?,)(100000|\\d{1,5}(\\.\\d{1,3})?),(100000|[1-9]\\d{0,4}))$',
          'be "<requests per second>,<burst>", such as "10,20", each at most 100000, or "off"',
        ),
        default: '10,20',
      },
      eventBus: text(
        'The name of the EventBridge bus on which each change of an application is published. Default: none.',
        '^(?=.{1,256}$)([A-Za-z0-9_.-]+|aws\\.partner(/[A-Za-z0-9_.-]+){2,})$',
        'be the name of an EventBridge bus: 1 to 256 letters, digits, "_", "." or "-", and "/" only in one of a partner',
      ),
      claims: { ...claims('The claim names of the tokens of all issuers. An issuer can override them.'), default: {} },
      keys: {
        ...group('API keys.', {
          prefix: { ...textOf(keyPrefixRule, 'The prefix of each new API key.'), default: 'ak' },
          prefixesAccepted: {
            type: 'array',
            description: 'Earlier prefixes. Their API keys are still accepted.',
            items: textOf(keyPrefixRule, 'An earlier prefix.'),
            uniqueItems: true,
            default: [],
            must: 'be a list of prefixes, each once',
          },
          maxPerApp: { ...whole('The key limit: how many API keys an application can have.', 1, 50), default: 2 },
          ...lifetime,
          realms: {
            type: 'object',
            description: 'Lifetimes that differ from these, by the name of the realm.',
            minProperties: 1,
            propertyNames: { pattern: realmRule.pattern, must: realmRule.must },
            additionalProperties: {
              ...group('The lifetimes of the API keys of one realm.', lifetime),
              minProperties: 1,
            },
            must: 'be a group of realms, each with defaultDays or maxDays',
          },
        }),
        default: {},
      },
      verify: {
        ...group('The verification of API keys.', {
          cacheSeconds: {
            ...whole('How many seconds a positive verification is cached.', 0, maxCacheSeconds),
            default: 10,
          },
          lastUsedSeconds: {
            type: ['integer', 'string'],
            description: 'The minimum time between two records of the use of an API key, in seconds, or "off".',
            minimum: 1,
            maximum: maxLastUsedSeconds,
            pattern: '^off$',
            default: 3600,
            must: `be a whole number from 1 to ${maxLastUsedSeconds}, or "off"`,
          },
          maxStaleSeconds: {
            ...whole(
              'The maximum age of a cached verification, in seconds: verify.cacheSeconds and the TTL of your API gateways together.',
              maxCacheSecondsOutside,
              maxCacheSeconds + maxGatewayTtlSeconds,
            ),
            default: 310,
          },
        }),
        default: {},
      },
      revoke: {
        ...group('Revoking an API key without a token: POST /apiKeys/revoke.', {
          enabled: {
            type: 'boolean',
            description: 'Whether anyone who has an API key can disable it.',
            default: true,
            must: 'be true or false',
          },
          ...gatewayLimits(50, 100),
        }),
        default: {},
      },
      notices: {
        ...group('Notices about API keys, on the event bus.', {
          idleDays: {
            type: ['integer', 'string'],
            description: 'After how many days without a recorded use an API key is announced as idle, or "off".',
            minimum: 1,
            maximum: 365,
            pattern: '^off$',
            default: 90,
            must: 'be a whole number from 1 to 365, or "off"',
          },
          rotateDays: whole(
            'After how many days an API key is announced as due for rotation. Default: never.',
            1,
            3650,
          ),
          topic: arn(
            'The ARN of a standard SNS topic that receives the notices. Default: none.',
            'sns',
            '[A-Za-z0-9_-]{1,256}',
            'arn:aws:sns:eu-central-1:123456789012:key-notices',
          ),
        }),
        default: {},
      },
      authorizer: {
        ...group(
          'The Lambda authorizer that your APIs use.',
          {
            defaultRealms: {
              type: ['array', 'string'],
              description:
                'The realms whose API keys are accepted by APIs that name no realms, or "*" for every realm.',
              items: textOf(realmRule, 'The name of a realm.'),
              minItems: 1,
              uniqueItems: true,
              pattern: '^\\*$',
              must: 'be a list of at least one realm, each once, or "*"',
            },
          },
          ['defaultRealms'],
        ),
        must: 'be a group with defaultRealms: a list of realms, or "*"',
      },
      gateway: {
        ...group('Limits of API Gateway for the whole API, shared by all callers.', gatewayLimits(500, 1000)),
        default: {},
      },
      console: {
        ...group(
          'The console, and the sign-in of the pages and the command line. Without an issuer, they ask for a token.',
          {
            exampleUrl: url('A URL of your API. The console shows it in the examples for a new API key.'),
            issuer: nonEmpty('The identity provider, which must be one of the issuers.'),
            clientId: nonEmpty('The public client of the console and the reference page.'),
            commandLineClientId: nonEmpty('The public client of the command line. Default: the client of the console.'),
            scope: {
              ...text(
                'The scopes to request, separated by spaces.',
                '^[!-~]+( [!-~]+)*$',
                'be scopes separated by single spaces',
              ),
              default: 'openid offline_access',
            },
            parameters: {
              type: 'object',
              description: 'Additional parameters of the authorization request, such as audience or resource.',
              additionalProperties: { type: 'string', must: 'be a text' },
              must: 'be a group of texts',
            },
            endpoints: group(
              'The endpoints of the identity provider. Without them, packaging finds them by OpenID discovery.',
              {
                authorization: url('The authorization endpoint.'),
                token: url('The token endpoint.'),
                endSession: url('The endpoint where a user signs out at the provider.'),
                deviceAuthorization: url('The device authorization endpoint, for the command line.'),
              },
              ['authorization', 'token'],
            ),
          },
        ),
        dependentRequired: {
          issuer: ['clientId'],
          ...Object.fromEntries(needIssuer.map((name) => [name, ['issuer']])),
        },
      },
      issuerKeys: {
        ...group('The keys of token issuers.', {
          maxStaleSeconds: {
            ...whole(
              'How many seconds known keys are used after they were fetched, while their issuer provides no new keys.',
              600,
              604_800,
            ),
            default: 21_600,
          },
        }),
        default: {},
      },
      deployment: { ...deployment, default: {} },
      issuers: {
        type: 'array',
        description: 'The token issuers that the service trusts. There is no default.',
        items: issuer,
        must: 'be a list of issuers',
      },
    },
    ['issuers', 'authorizer'],
  ),
} as const;

function textOf({ pattern, must }: { pattern: string; must: string }, description: string) {
  return text(description, pattern, must);
}

/** @returns the schema for editors, which complete and check a file with it */
export function publishedSchema(): string {
  const withoutMust = (name: string, value: unknown) => (name === 'must' ? undefined : value);
  return `${JSON.stringify(settingsSchema, withoutMust, 2)}\n`;
}

if (import.meta.main) writeFileSync(new URL('schema.json', import.meta.url), publishedSchema());
