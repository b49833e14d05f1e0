/** An application of the caller. */
export interface OwnApp {
  readonly hrn: string;
  readonly name: string;
  readonly status: string;
}

/** How many applications are looked at, at most. */
const most = 5;

/**
 * @param token an access token
 * @param keyLimit how many API keys an application can have
 * @returns an application of the caller that can take another API key; undefined if none is found
 */
export async function appWithFreeSlot(token: string, keyLimit: number): Promise<OwnApp | undefined> {
  const { items = [] } = await ask<{ items: OwnApp[] }>(`apps?action=write&limit=${most}`, token);
  for (const app of items.filter(({ status }) => status === 'active')) {
    const path = `apps/${encodeURIComponent(app.hrn)}`;
    const [keys, issuers] = await Promise.all([
      ask<{ total: number }>(`${path}/apiKeys?limit=0`, token),
      ask<{ total: number }>(`${path}/issuers`, token),
    ]);
    if (keys.total !== undefined && keys.total < keyLimit && issuers.total === 0) return app;
  }
  return undefined;
}

/** @returns the answer; nothing of it if there is none */
async function ask<Answer extends object>(path: string, token: string): Promise<Partial<Answer>> {
  try {
    const response = await fetch(path, { headers: { Authorization: `Bearer ${token}` } });
    return response.ok ? await response.json() : {};
  } catch {
    return {};
  }
}
