// What a reload must not lose. It lives in the tab alone (`sessionStorage`) and ends with the tab
// or with the receipt: a form holds personal data, and a computer may be everybody's.

import type { Claim, Schemas } from "motcua-sdk";
import type { Values } from "./form.js";

export interface Draft {
  procedure?: string;
  /** What was typed, by the path at which a problem document names it. */
  values: Values;
  /** What was uploaded, by the code of the document. */
  uploads: Record<string, Claim & { name: string }>;
  /** The submission on its way. Key and body stay together until there is an answer. */
  sending?: { key: string; body: Schemas["SubmissionBody"] };
  receipt?: Schemas["Receipt"];
}

const PLACE = "motcua-draft";
const none = (): Draft => ({ values: {}, uploads: {} });

export const load = (): Draft => JSON.parse(sessionStorage.getItem(PLACE) ?? "null") ?? none();
export const save = (draft: Draft): void => sessionStorage.setItem(PLACE, JSON.stringify(draft));
export const finish = (receipt: Schemas["Receipt"]): Draft => {
  const draft = { ...none(), receipt };
  save(draft);
  return draft;
};
export const forget = (): Draft => (sessionStorage.removeItem(PLACE), none());
