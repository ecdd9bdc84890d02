// Says of each document of GraphQL on its input (JSON: name -> text) what is wrong with it by a
// schema. Arguments: the library's index, the schema.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [library, path] = process.argv.slice(2);
const { buildSchema, parse, validate } = await import(pathToFileURL(library).href);
const schema = buildSchema(readFileSync(path, "utf8"), { assumeValid: true });
const documents = Object.entries(JSON.parse(readFileSync(0, "utf8")));
const told = documents.map(([name, text]) => [name, validate(schema, parse(text)).map(String)]);
process.stdout.write(JSON.stringify(Object.fromEntries(told)));
