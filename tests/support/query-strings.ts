type Events = typeof import('./events.ts');

/** Events whose query stands in `multiValueQueryStringParameters` too, as API Gateway's do. */
export function withQueryStrings(events: Events): Events {
  return {
    ...events,
    restEvent: (id, request) => {
      const lists = Object.entries(request.query ?? {}).map(([name, value]) => [name, [value].flat()]);
      return { ...events.restEvent(id, request), multiValueQueryStringParameters: Object.fromEntries(lists) };
    },
  };
}
