/** The write that generates a key, with its attributes in DynamoDB's form or as plain values. */
const text = (value: string) => ({ S: value });
const count = (value: number) => ({ N: String(value) });

const expressions = {
  UpdateExpression: 'SET #n0.#n1 = :v0, #n2 = #n2 + :v1, #n3 = #n3 + :v2, #n4 = :v3 REMOVE #n5.#n6',
  ConditionExpression:
    '(attribute_exists(#n7)) AND (#n8 = :v4) AND (#n9 = :v5) AND (size(#n10) = :v6) AND (attribute_not_exists(#n0.#n1)) ' +
    'AND (attribute_not_exists(#n11.#n1)) AND (#n2 < :v7) AND (size(#n11) < :v8) AND (size(#n12) < :v9)',
  ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
} as const;

function namesOf(handle: string) {
  return {
    '#n0': 'keys',
    '#n1': handle,
    '#n2': 'keyCount',
    '#n3': 'rev',
    '#n4': 'lastChange',
    '#n5': 'lastUsed',
    '#n6': 'latest',
    '#n7': 'pk',
    '#n8': 'realm',
    '#n9': 'status',
    '#n10': 'issuers',
    '#n11': 'removed',
    '#n12': 'requests',
  };
}

export function plainWrite(appId: string, handle: string, op: string, now: number) {
  const key = { name: 'a key', enabled: true, createdTime: now, createdBy: 'demo', expiresAt: -1 };
  const change = { op, at: now, by: 'demo', action: 'generateApiKey', keyHrn: `apikey/${handle}`, correlationId: op };
  return {
    ...expressions,
    TableName: process.env.TABLE_NAME,
    Key: { pk: appId, sk: 'app' },
    ExpressionAttributeNames: namesOf(handle),
    ExpressionAttributeValues: {
      ':v0': key,
      ':v1': 1,
      ':v2': 1,
      ':v3': change,
      ':v4': 'myrealm',
      ':v5': 'active',
      ':v6': 0,
      ':v7': 2,
      ':v8': 100,
      ':v9': 100,
    },
  };
}

export function attributeWrite(appId: string, handle: string, op: string, now: number) {
  return {
    ...expressions,
    TableName: process.env.TABLE_NAME,
    Key: { pk: text(appId), sk: text('app') },
    ExpressionAttributeNames: namesOf(handle),
    ExpressionAttributeValues: {
      ':v0': {
        M: {
          name: text('a key'),
          enabled: { BOOL: true },
          createdTime: count(now),
          createdBy: text('demo'),
          expiresAt: count(-1),
        },
      },
      ':v1': count(1),
      ':v2': count(1),
      ':v3': {
        M: {
          op: text(op),
          at: count(now),
          by: text('demo'),
          action: text('generateApiKey'),
          keyHrn: text(`apikey/${handle}`),
          correlationId: text(op),
        },
      },
      ':v4': text('myrealm'),
      ':v5': text('active'),
      ':v6': count(0),
      ':v7': count(2),
      ':v8': count(100),
      ':v9': count(100),
    },
  };
}
