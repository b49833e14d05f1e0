import { idsOf, type Template } from '../deployment/template.ts';

const zips = {
  ZipBucket: {
    Type: 'String',
    Description: 'The bucket that has the zips of the functions, in the Region of the stack',
  },
  ZipPrefix: {
    Type: 'String',
    Description: 'What their keys there begin with, such as appkeys or releases/appkeys',
    Default: 'appkeys',
    AllowedPattern: '[^/](.*[^/])?',
    ConstraintDescription: 'must neither begin nor end with a slash',
  },
};

/**
 * Makes of a packaged template one that takes the zips from where its parameters say, and that has no bucket of its own.
 * @param names those of the zips, by the names that they were packaged with
 * @throws Error when something needs the bucket
 */
export function portable(packaged: Template, names: Readonly<Record<string, string>>): Template {
  const template = structuredClone(packaged);
  const { Resources, Outputs } = template;
  for (const id of idsOf(Resources, 'AWS::Lambda::Function')) {
    const { Properties } = Resources[id] ?? {};
    const { S3Key = '' } = (Properties?.Code ?? {}) as { S3Key?: string };
    const zip = S3Key.split('/').at(-1) ?? '';
    if (Properties)
      Properties.Code = { S3Bucket: { Ref: 'ZipBucket' }, S3Key: { 'Fn::Sub': `\${ZipPrefix}/${names[zip]}` } };
  }
  for (const id of ownBucket) delete Resources[id];
  delete Outputs.ServerlessDeploymentBucketName;
  const [user] =
    Object.entries({ ...Resources, ...Outputs }).find(([, each]) => JSON.stringify(each).includes(bucket)) ?? [];
  if (user !== undefined)
    throw new Error(`${user} names ${bucket}, which a release does not have. Set deployment.deploymentBucket.`);
  return { ...template, Parameters: { ...zips, ...template.Parameters } };
}

const bucket = 'ServerlessDeploymentBucket';
const ownBucket = [bucket, `${bucket}Policy`];
