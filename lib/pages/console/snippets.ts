const { exampleUrl = new URL('.', location.href).href } = document.body.dataset;

/** Calls of an API with a key, for each language. */
export const snippets = {
  curl: (key: string) => `curl '${shell(exampleUrl)}' \\\n  -H 'Authorization: Bearer ${key}'`,
  JavaScript: (key: string) => `const response = await fetch(${text()}, {
  headers: { Authorization: 'Bearer ${key}' },
});
console.log(response.status, await response.text());`,
  Python: (key: string) => `import urllib.request

request = urllib.request.Request(
    ${text()},
    headers={"Authorization": "Bearer ${key}"},
)
with urllib.request.urlopen(request) as response:
    print(response.status, response.read().decode())`,
  Java: (key: string) => `var request = java.net.http.HttpRequest
    .newBuilder(java.net.URI.create(${text()}))
    .header("Authorization", "Bearer ${key}")
    .build();
var response = java.net.http.HttpClient.newHttpClient()
    .send(request, java.net.http.HttpResponse.BodyHandlers.ofString());
System.out.println(response.statusCode() + " " + response.body());`,
  Go: (key: string) => `request, err := http.NewRequest("GET", ${text()}, nil)
if err != nil {
	log.Fatal(err)
}
request.Header.Set("Authorization", "Bearer ${key}")
response, err := http.DefaultClient.Do(request)
if err != nil {
	log.Fatal(err)
}
defer response.Body.Close()
fmt.Println(response.Status)`,
} as const satisfies Readonly<Record<string, (key: string) => string>>;

export type Language = keyof typeof snippets;

/** A string of JSON is one of each of these languages. */
function text(): string {
  return JSON.stringify(exampleUrl);
}

function shell(word: string): string {
  return word.replaceAll("'", "'\\''");
}

/** @returns the key as it is shown to people behind one: its beginning alone */
export function masked(key: string): string {
  return `${key.slice(0, key.indexOf('_') + 1)}${'•'.repeat(12)}`;
}
