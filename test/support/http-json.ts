/** What came back. */
export interface JsonAnswer {
  readonly status: number
  readonly headers: Headers
  readonly json: Readonly<Record<string, unknown>>
}

/** Asks for JSON; with a body it is sent as JSON. */
export async function askJson(
  method: 'GET' | 'PUT',
  url: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<JsonAnswer> {
  const response = await fetch(url, {
    method,
    ...(body === undefined
      ? { headers }
      : {
          headers: { 'content-type': 'application/json', ...headers },
          body: JSON.stringify(body),
        }),
  })
  return {
    status: response.status,
    headers: response.headers,
    json: (await response.json()) as JsonAnswer['json'],
  }
}
