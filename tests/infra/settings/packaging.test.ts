import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { projectFolder } from '../../../infra/local/folders.ts';
import { listen, loopback } from '../../../infra/local/ports.ts';
import { metadataOf, settingsIn as settingsInText } from '../../../infra/settings/deployed.ts';
import { settingsOf } from '../../../lib/service/settings.ts';
import { createCertificate } from '../../support/certificate.ts';
import { type CloudFormation, startCloudFormation } from '../../support/cloudformation.ts';
import { useLocalService } from '../../support/local-service.ts';
import { copyService, packageService, serverless, writeStage } from '../../support/package.ts';
import { entry, readFileWith } from '../../support/settings-file.ts';
import { unzip } from '../../support/unzip.ts';

const timeout = 170_000;
const { folder, remove } = copyService();
afterAll(remove);

/** The files of each zip that was packaged last, as `<zip>/<file>`. */
function packagedFiles(): Map<string, Buffer> {
  const zips = readdirSync(join(folder, 'package')).filter((name) => name.endsWith('.zip'));
  const files = zips.map((zip) =>
    [...unzip(readFileSync(join(folder, 'package', zip)))].map(
      ([name, content]) => [`${zip}/${name}`, content] as const,
    ),
  );
  return new Map(files.flat());
}

describe('the zips of two stages', () => {
  it('have the same files byte for byte, but for settings.json, which is that of the stage', { timeout }, async () => {
    const dev = { issuers: [entry] };
    const prod = {
      partition: 'acme',
      rateLimit: '1,2',
      keys: { prefix: 'sk' },
      gateway: { rateLimit: 7 },
      revoke: { rateLimit: 3 },
      issuers: [{ ...entry, realm: 'b' }],
    };
    const template = await packageService(folder, dev);
    const before = packagedFiles();
    const templateOfProd = await packageService(folder, prod, 'prod');
    const after = packagedFiles();
    const isOfCode = ([name]: readonly [string, Buffer]) => !name.endsWith('/settings.json');
    const code = [...before].filter(isOfCode);
    expect(code).toHaveLength(11);
    expect([...after.keys()].sort()).toEqual([...before.keys()].sort());
    for (const [name, content] of code) expect([name, after.get(name)?.equals(content)]).toEqual([name, true]);
    for (const [stage, files, packaged] of [
      ['dev', before, await readFileWith(dev)],
      ['prod', after, await readFileWith(prod)],
    ] as const) {
      const texts = [...files].filter((file) => !isOfCode(file)).map(([, content]) => JSON.parse(String(content)));
      expect(texts).toEqual(code.map(() => settingsOf(stage, packaged)));
    }
    expect(settingsInTemplate(template)).toEqual(await readFileWith(dev));
    expect(settingsInTemplate(templateOfProd)).toEqual(await readFileWith(prod));
    expect(templateOfProd.Resources.Stage?.Properties.MethodSettings.slice(0, 2)).toMatchObject([
      { ThrottlingRateLimit: 7, ThrottlingBurstLimit: 1000 },
      { ThrottlingRateLimit: 3, ThrottlingBurstLimit: 100 },
    ]);
  });
});

const settingsInTemplate = (template: object) => settingsInText(JSON.stringify(template));

describe('many issuers', () => {
  const issuers = Array.from({ length: 40 }, (_, index) => ({
    issuer: `https://issuer-${index}.example`,
    jwksUri: `https://issuer-${index}.example/jwks`,
    algorithms: ['ES256'],
    audience: 'appkeys',
    realms: Array.from({ length: 300 }, (_, number) => `realm-${index}-${number}`),
  }));
  const service = useLocalService({ issuers });

  it('40 with 300 realms each are packaged', { timeout }, async () => {
    const template = await packageService(folder, { issuers });
    expect(settingsInTemplate(template)).toEqual(await readFileWith({ issuers }));
  });

  it('40 with 300 realms each are trusted by a service that was started with them', async () => {
    const trusted = JSON.parse(readFileSync(join(service().folder, 'settings.json'), 'utf8')).issuers;
    expect(trusted).toHaveLength(42);
    const headers = { Authorization: `Bearer ${await service().token()}` };
    expect((await fetch(`${service().url}/apps`, { headers })).status).toBe(200);
  });
});

describe('serverless package, for an issuer without a jwksUri', () => {
  const { jwksUri: _, ...withoutUri } = entry;
  const named = { authorization_endpoint: 'https://login.example/auth', token_endpoint: 'https://login.example/token' };

  it('finds it and the endpoints of the sign-in by discovery, and pins them in settings.json and in the template', {
    timeout,
  }, async () => {
    const certificate = createCertificate();
    writeFileSync(join(folder, 'ca.pem'), certificate.cert);
    const server = createServer(certificate, (_, response) => {
      response.end(JSON.stringify({ issuer, jwks_uri: 'https://keys.example/jwks', ...named }));
    });
    const issuer = `https://${loopback}:${await listen(server)}`;
    const env = { NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem') };
    const discovered = { issuers: [{ ...withoutUri, issuer }], console: { issuer, clientId: 'client' } };
    const template = await packageService(folder, discovered, 'dev', env);
    server.close();
    const pinned = {
      issuers: [{ issuer, jwksUri: 'https://keys.example/jwks' }],
      console: { endpoints: { authorization: named.authorization_endpoint, token: named.token_endpoint } },
    };
    expect(settingsInTemplate(template)).toMatchObject(pinned);
    for (const zip of ['read', 'pages'])
      expect(JSON.parse(String(packagedFiles().get(`${zip}.zip/settings.json`)))).toMatchObject(pinned);
  });

  it('stops with one line that says which to write down, when the issuer does not answer', { timeout }, async () => {
    const issuer = `https://${loopback}:1/realms/main`;
    writeStage(folder, { issuers: [{ ...withoutUri, issuer }] });
    expect(await serverless(folder, ['package'])).toEqual({
      status: 1,
      output: `Error: infra/settings/dev.yml: issuers[0].jwksUri is missing, and discovery failed (bad port): write "jwksUri: ${issuer}/protocol/openid-connect/certs" into the file.\n`,
    });
  });
});

it('serverless package stops with one line for a cache that outlasts what revocations promise', {
  timeout,
}, async () => {
  writeStage(folder, { issuers: [entry], verify: { cacheSeconds: 11 } });
  expect(await serverless(folder, ['package'])).toEqual({
    status: 1,
    output:
      'Error: infra/settings/dev.yml: verify.cacheSeconds must be at most 10, because 300 of 310 seconds are for the TTL of API Gateway. Or set verify.maxStaleSeconds.\n',
  });
});

it('serverless package stops with one line for a Region that there is not', { timeout }, async () => {
  writeStage(folder, { issuers: [entry] });
  const message =
    'Error: The Region "nowhere" is none that the framework can deploy to. Give another one by --region or AWS_REGION, such as eu-central-1.\n';
  expect(await serverless(folder, ['package', '--region', 'nowhere'])).toEqual({ status: 1, output: message });
  expect(await serverless(folder, ['package'], { AWS_REGION: 'nowhere' })).toEqual({ status: 1, output: message });
});

describe('serverless deploy', () => {
  let cloudFormation: CloudFormation;
  const rejecting = { keys: { prefix: 'sk' }, issuers: [{ ...entry, realm: 'b' }] };
  const line =
    'Error: This deployment would reject API keys with the prefix ak; tokens of the issuer https://issuer.example for the realm myrealm. To deploy it anyway, add --yes.';

  beforeEach(async () => {
    cloudFormation = await startCloudFormation();
    const deployed = await readFileWith({ issuers: [entry] });
    cloudFormation.answerWith({ template: JSON.stringify({ Metadata: metadataOf(deployed) }) });
  });
  afterEach(() => cloudFormation.stop());

  /** @returns its status, what it said from the first error on, and what it asked of CloudFormation */
  async function run(settings: object, ...args: string[]) {
    writeStage(folder, { ...settings });
    cloudFormation.asked.length = 0;
    const { status, output } = await serverless(folder, ['deploy', ...args], cloudFormation.env);
    return { status, error: output.slice(output.indexOf('Error: ')).trim(), asked: cloudFormation.asked };
  }

  it('stops with one line, when keys and tokens would be rejected, and goes on with --yes', { timeout }, async () => {
    expect(await run(rejecting)).toEqual({ status: 1, error: line, asked: ['GetTemplate appkeys-dev'] });
    const agreed = await run(rejecting, '--yes');
    expect(agreed).toMatchObject({ status: 1, error: expect.stringMatching(/^Error: No DescribeStack\w+ here/) });
    expect(agreed.asked).not.toContain('GetTemplate appkeys-dev');
  });

  it('goes on, when nothing would be rejected, or nothing is deployed', { timeout }, async () => {
    const wider = { keys: { prefix: 'sk', prefixesAccepted: ['ak'] }, issuers: [entry] };
    const on = {
      error: expect.stringMatching(/^Error: No DescribeStack\w+ here/),
      asked: ['GetTemplate appkeys-dev', expect.stringMatching(/^DescribeStack/)],
    };
    expect(await run(wider)).toMatchObject(on);
    cloudFormation.answerWith({ code: 'ValidationError', message: 'Stack with id appkeys-dev does not exist' });
    expect(await run(rejecting)).toMatchObject(on);
  });

  it('refuses an entry that is still as in the example', { timeout }, async () => {
    const example = readFileSync(join(projectFolder, 'infra/settings/example.yml'), 'utf8');
    const { issuers } = parse(example);
    const refused = await run({ issuers: [entry, { ...issuers[2], principalPrefix: 'okta:' }] }, '--yes');
    expect(refused).toMatchObject({
      status: 1,
      error:
        'Error: infra/settings/dev.yml: issuers[1] (https://acme.okta.com/oauth2/default) is still as in the example. Replace its values, or remove the entry.',
    });
  });

  it('compares the stage and the Region that it is told to deploy to', { timeout }, async () => {
    writeStage(folder, rejecting, 'prod');
    cloudFormation.answerWith({ code: 'AccessDenied', message: 'No' });
    const args = ['deploy', '--stage', 'prod', '--region', 'eu-west-1'];
    const { output } = await serverless(folder, args, cloudFormation.env);
    expect(output).toContain('The deployed settings of the stage prod in eu-west-1 cannot be read: No.');
    expect(cloudFormation.asked).toEqual(['GetTemplate appkeys-prod']);
  });

  it('stops with one line, when the deployed settings cannot be read', { timeout }, async () => {
    cloudFormation.answerWith({ code: 'AccessDenied', message: 'User x is not authorized' });
    const unread = 'Error: The deployed settings of the stage dev in us-east-1 cannot be read: ';
    const remedy = 'Use credentials that can read these settings, or add --yes to deploy without a comparison.';
    expect(await run(rejecting)).toMatchObject({ status: 1, error: `${unread}User x is not authorized. ${remedy}` });
    cloudFormation.answerWith(undefined);
    expect(await run(rejecting)).toMatchObject({ error: `${unread}CloudFormation does not respond. ${remedy}` });
  });

  it('of one function goes on only where the settings are the deployed ones', { timeout }, async () => {
    const alone = ['function', '--function', 'read'];
    const wider = { keys: { maxPerApp: 3 }, issuers: [entry] };
    const refusal = 'Error: A function of the stage dev cannot be deployed alone. ';
    expect(await run(wider, ...alone)).toMatchObject({
      status: 1,
      error: `${refusal}The settings differ from the deployed settings. Deploy the whole stage.`,
    });
    writeStage(folder, { issuers: [entry] });
    const env = { ...cloudFormation.env, AWS_ENDPOINT_URL_LAMBDA: `http://${loopback}:1` };
    expect((await serverless(folder, ['deploy', ...alone], env)).output).toContain(`ECONNREFUSED ${loopback}:1`);
    cloudFormation.answerWith({ code: 'ValidationError', message: 'Stack with id appkeys-dev does not exist' });
    expect(await run(wider, ...alone)).toMatchObject({
      error: `${refusal}The stage is not deployed yet. Deploy the whole stage.`,
    });
  });

  it('of a folder that was packaged before compares what that would deploy', { timeout }, async () => {
    await packageService(folder, rejecting);
    expect(await run({ issuers: [entry] }, '--package', 'package')).toMatchObject({ status: 1, error: line });
  });

  it('asks as whom it deploys', { timeout }, async () => {
    writeStage(folder, rejecting, 'prod');
    const env = { ...cloudFormation.env, AWS_PROD_ACCESS_KEY_ID: 'OTHER', AWS_PROD_SECRET_ACCESS_KEY: 'x' };
    await serverless(folder, ['deploy', '--stage', 'prod'], env);
    expect(cloudFormation.askedAs).toEqual(['OTHER']);
  });

  it('stops with one line, when the stage has no issuer, also with --yes', { timeout }, async () => {
    expect(await run({ issuers: [] }, '--yes')).toEqual({
      status: 1,
      error:
        'Error: infra/settings/dev.yml: issuers is empty. Add the issuers of your tokens. infra/settings/example.yml shows how.',
      asked: [],
    });
  });
});
