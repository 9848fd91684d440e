// What the page is built with: elements from properties, and fields with label, hint and error.

type Child = Node | string | null | undefined | false;
type Attributes = Record<string, string | number | boolean | undefined>;

/** An element; text is text and never markup. `true` is an attribute without a value. */
export function make<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(key, "");
    else if (value !== undefined && value !== false) made.setAttribute(key, String(value));
  }
  for (const child of children) if (child) made.append(child);
  return made;
}

export type Control = HTMLInputElement | HTMLSelectElement;

/** The id of the control at a path; dots and brackets stay, which ids may have. */
const idOf = (path: string) => `f:${path}`;

/** A control under its label. `path` is where problem documents name it. */
export function field(path: string, label: string, control: Control, hint?: string): HTMLElement {
  const id = idOf(path);
  control.id = id;
  control.dataset.path = path;
  const described = [hint && `${id}:hint`].filter(Boolean).join(" ");
  if (described) control.setAttribute("aria-describedby", described);
  const text = control.required ? label : `${label} (không bắt buộc)`;
  return make(
    "div",
    { class: control.type === "checkbox" ? "field check" : "field" },
    make("label", { for: id }, text),
    hint ? make("p", { id: `${id}:hint`, class: "hint" }, hint) : null,
    control,
  );
}

export function choice(options: [value: string, text: string][], required: boolean): HTMLSelectElement {
  const first = make("option", { value: "" }, "– Chọn –");
  const rest = options.map(([value, text]) => make("option", { value }, text));
  return make("select", { required }, first, ...rest);
}

/** The control that a problem document means: the one named, or the nearest above it. */
export function controlAt(path: string): Control | null {
  for (let at = path; at; at = at.replace(/(\.[^.[]+|\[\d+\]|^[^.[]+)$/, "")) {
    const found = document.getElementById(idOf(at));
    if (found) return found as Control;
    const inside = document.querySelector<Control>(`[data-path^="${CSS.escape(at)}."]`);
    if (inside) return inside;
  }
  return null;
}

/** Takes all errors away. */
export function clearErrors(): void {
  document.querySelectorAll(".error").forEach((error) => error.remove());
  document.querySelectorAll("[aria-invalid]").forEach((control) => {
    control.removeAttribute("aria-invalid");
    const own = control.id + ":error";
    const rest = (control.getAttribute("aria-describedby") ?? "").split(" ").filter((id) => id !== own);
    if (rest.join("")) control.setAttribute("aria-describedby", rest.join(" "));
    else control.removeAttribute("aria-describedby");
  });
}

/** Writes an error at its control, where a reader of the screen hears it with the label. */
export function showError(control: Control, text: string): void {
  const id = `${control.id}:error`;
  const known = document.getElementById(id);
  if (known) {
    known.textContent += `; ${text}`;
    return;
  }
  control.setAttribute("aria-invalid", "true");
  control.setAttribute("aria-describedby", `${id} ${control.getAttribute("aria-describedby") ?? ""}`.trim());
  control.before(make("p", { id, class: "error" }, text));
}
