interface Serverless {
  readonly processedInput: { readonly commands: readonly string[] };
  readonly service: { readonly provider: { readonly environment: { readonly TOKEN_ISSUERS: string } } };
}

/** Refuses to package or deploy settings that cannot work, and ends every failure with one line and a status. */
export default class SettingsPlugin {
  readonly hooks;

  constructor({ processedInput, service }: Serverless) {
    const checkSettings = () =>
      requireTokenIssuers(service.provider.environment.TOKEN_ISSUERS, processedInput.commands[0] === 'deploy');
    this.hooks = {
      'before:package:cleanup': checkSettings,
      'before:deploy:function:initialize': checkSettings,
      error: exitWithOneLine,
    };
  }
}

/** @throws Error when `json` is needed but empty, is not JSON, or names a key set that is not fetched over https */
function requireTokenIssuers(json: string, isNeeded: boolean): void {
  if (json) requireHttps(json);
  else if (isNeeded) throw new Error('TOKEN_ISSUERS is not set: without a token issuer nobody could call the service.');
}

function requireHttps(json: string): void {
  for (const uri of parseJwksUris(json)) {
    if (!uri.startsWith('https://'))
      throw new Error('TOKEN_ISSUERS has a jwksUri without https, which works locally only.');
  }
}

function parseJwksUris(json: string): string[] {
  const uris: string[] = [];
  try {
    JSON.parse(json, (key, value) => {
      if (key === 'jwksUri') uris.push(String(value));
    });
  } catch {
    throw new Error('TOKEN_ISSUERS is not valid JSON.');
  }
  return uris;
}

/** The framework prints a page about an error, and after a bundling error it never ends. */
function exitWithOneLine(error: Error): never {
  console.error(`Error: ${error.message.replace(/\s*\n\s*/g, ' ')}`);
  process.exit(1);
}
