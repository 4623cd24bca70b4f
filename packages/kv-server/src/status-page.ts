// The status page: one HTML document that reads /status.json.

/** The page, as HTML. */
export const statusPage: string =
  '<!doctype html><title>raftlab kv</title><p>See <a href="/status.json">/status.json</a>.';
