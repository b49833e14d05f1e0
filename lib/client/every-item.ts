interface Page<Item> {
  readonly items: readonly Item[];
  readonly pageToken?: string;
}

/**
 * Goes through the items of all pages: `for await (const app of everyItem(appkeys.listApps))`.
 * @param list a call that answers with a page, such as `listApiKeys`
 * @param input what that call takes
 */
export async function* everyItem<Query extends object, Item>(
  list: (input: Query & { readonly pageToken?: string }) => Promise<Page<Item>>,
  ...[input]: Record<never, never> extends Query ? [input?: Query] : [input: Query]
): AsyncGenerator<Item, void> {
  let pageToken: string | undefined;
  do {
    const page: Page<Item> = await list({ ...(input as Query), ...(pageToken && { pageToken }) });
    yield* page.items;
    pageToken = page.pageToken;
  } while (pageToken !== undefined);
}
