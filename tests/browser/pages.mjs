// Every page, with an address of a thing that exists, found by the API.

/// Reads JSON of the API.
export async function get(root, path) {
  const answer = await fetch(new URL(path, root));
  if (!answer.ok) throw new Error(`${path}: status ${answer.status}`);
  return answer.json();
}

/// Lists the pages: a name for messages and files, and the path below the root.
export async function pages(root) {
  return [
    { name: "fleet", path: "" },
    { name: "not-found", path: "nowhere", status: 404 },
  ];
}
