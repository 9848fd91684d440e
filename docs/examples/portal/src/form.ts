// A form from the JSON Schema of a procedure, and the value that a submission carries from it.
// The subset is closed (`FormSchema` in infra/openapi.yaml): what stands here is all there is.
// Nothing is checked here. One place judges a form, and names every field that breaks a rule.

import { choice, field, make } from "./dom.js";

/** One part of a form's schema. */
export interface Part {
  type: "object" | "array" | "string" | "integer" | "boolean";
  title: string;
  properties?: Record<string, Part>;
  required?: string[];
  items?: Part;
  minItems?: number;
  maxItems?: number;
  maxLength?: number;
  format?: "date";
  oneOf?: { const: string; title: string }[];
}

/** What was typed, by path; it outlives a reload. */
export type Values = Record<string, string>;

/** Fields of this part. `changed` is called where a row of a list comes or goes. */
export function build(
  part: Part,
  path: string,
  required: boolean,
  values: Values,
  changed: () => void,
): HTMLElement {
  if (part.type === "object") {
    const fields = Object.entries(part.properties ?? {}).map(([name, inner]) => {
      const owed = part.required?.includes(name) ?? false;
      return build(inner, `${path}.${name}`, owed, values, changed);
    });
    const title = required ? part.title : `${part.title} (không bắt buộc)`;
    return make("fieldset", {}, make("legend", {}, title), ...fields);
  }
  if (part.type === "array") return list(part, path, values, changed);
  return field(path, part.title, control(part, required, values[path] ?? ""));
}

function control(part: Part, required: boolean, value: string) {
  if (part.oneOf) {
    const made = choice(part.oneOf.map((one) => [one.const, one.title]), required);
    made.value = value;
    return made;
  }
  const made = make("input", { required, autocomplete: "off" });
  if (part.type === "boolean") {
    made.type = "checkbox";
    made.checked = value === "on";
    return made;
  }
  if (part.format === "date") made.type = "date";
  if (part.type === "integer") made.inputMode = "numeric";
  if (part.maxLength) made.maxLength = part.maxLength;
  made.value = value;
  return made;
}

/** How many rows a list has: those with a value, and as many as it has to have. */
function rows(part: Part, path: string, values: Values): number {
  const at = (key: string) => (key.startsWith(`${path}[`) ? parseInt(key.slice(path.length + 1)) : -1);
  return Math.max(part.minItems ?? 0, ...Object.keys(values).map((key) => at(key) + 1));
}

function list(part: Part, path: string, values: Values, changed: () => void): HTMLElement {
  const item = part.items as Part;
  const count = rows(part, path, values);
  const inner = Array.from({ length: count }, (_, row) =>
    build({ ...item, title: `${item.title} ${row + 1}` }, `${path}[${row}]`, true, values, changed),
  );
  const press = (text: string, act: () => void) => {
    const button = make("button", { type: "button", class: "quiet" }, text);
    button.addEventListener("click", () => (act(), changed()));
    return button;
  };
  const of = (row: number, key: string) => key === `${path}[${row}]` || key.startsWith(`${path}[${row}].`);
  const add = () => (values[`${path}[${count}]`] = "");
  const drop = () => Object.keys(values).filter((key) => of(count - 1, key)).forEach((key) => delete values[key]);
  return make(
    "fieldset",
    {},
    make("legend", {}, part.title),
    ...inner,
    count < (part.maxItems ?? 0) && press(`Thêm: ${item.title}`, add),
    count > (part.minItems ?? 0) && press(`Bớt: ${item.title} ${count}`, drop),
  );
}

/** What is handed in; what nobody has filled in is left out, and an empty part with it. */
export function read(part: Part, path: string, required: boolean, values: Values): unknown {
  if (part.type === "object") {
    const made: Record<string, unknown> = {};
    for (const [name, inner] of Object.entries(part.properties ?? {})) {
      const owed = part.required?.includes(name) ?? false;
      const value = read(inner, `${path}.${name}`, owed, values);
      if (value !== undefined) made[name] = value;
    }
    return required || Object.keys(made).length ? made : undefined;
  }
  if (part.type === "array") {
    const count = rows(part, path, values);
    const made = Array.from({ length: count }, (_, row) => read(part.items as Part, `${path}[${row}]`, true, values));
    return required || count ? made : undefined;
  }
  const typed = (values[path] ?? "").trim();
  if (part.type === "boolean") return typed === "on" || undefined;
  if (!typed) return undefined;
  // What is no number goes as it is, and is refused by its name.
  return part.type === "integer" && /^-?\d+$/.test(typed) ? Number(typed) : typed;
}
