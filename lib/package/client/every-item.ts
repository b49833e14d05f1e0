interface Page<Item> {
  readonly items: readonly Item[];
  readonly pageToken?: string;
}

/**
 * Iterates over the items of all pages: `for await (const app of everyItem(appkeys.listApps))`.
 * @param list a call that returns a page, such as `listApiKeys`
 * @param input the input of that call
 */
export async function* everyItem<Query extends object, Item>(
  list: (input: Query & { readonly pageToken?: string }) => Promise<Page<Item>>,
  ...input: Record<never, never> extends Query ? [input?: Query] : [input: Query]
): AsyncGenerator<Item, void> {
  for await (const { items } of everyPage(list, ...input)) yield* items;
}

/** Iterates over the pages. */
export async function* everyPage<Query extends object, One extends Page<unknown>>(
  list: (input: Query & { readonly pageToken?: string }) => Promise<One>,
  ...[input]: Record<never, never> extends Query ? [input?: Query] : [input: Query]
): AsyncGenerator<One, void> {
  let pageToken: string | undefined;
  do {
    const page: One = await list({ ...(input as Query), ...(pageToken && { pageToken }) });
    yield page;
    pageToken = page.pageToken;
  } while (pageToken !== undefined);
}
