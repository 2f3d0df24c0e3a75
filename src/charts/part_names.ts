/**
 * What the parts of a machine are called on a chart.
 *
 * @module
 */

/**
 * The name of a guard.
 *
 * @param guard As XState keeps it: a name, a name with parameters, or one made of others.
 * @returns As in `isPrepared and not isLost`.
 */
export function nameOfGuard(guard: unknown): string {
  if (typeof guard === "string") return guard;
  const parts: unknown = Reflect.get(Object(guard), "guards");
  if (typeof guard === "function" && Array.isArray(parts)) {
    const names = parts.map(nameOfGuard);
    return guard.name === "not" ? `not ${names.join("")}` : names.join(` ${guard.name} `);
  }
  return typeOf(guard);
}

/**
 * The name of an action.
 *
 * @param action As XState keeps it.
 * @returns Its name; the kind of one that was written down without a name.
 */
export function nameOfAction(action: unknown): string {
  return typeof action === "string" ? action : typeOf(action);
}

/**
 * What an event is, by its type.
 *
 * @param type Such as `xstate.done.actor.fetchRow` or `row.stop`.
 * @returns What sets a transition off, and whose event it is.
 */
export function kindOfEvent(
  type: string,
): { readonly kind: "event" | "done" | "error" | "after"; readonly event: string } {
  const [, kind, event] = /^xstate\.(done|error)\.(?:actor|state)\.(.*)$/s.exec(type) ?? [];
  if ((kind === "done" || kind === "error") && event !== undefined) return { kind, event };
  const [, delay] = /^xstate\.after\.([^.]*)\./.exec(type) ?? [];
  return delay === undefined ? { kind: "event", event: type } : { kind: "after", event: delay };
}

function typeOf(part: unknown): string {
  const type: unknown = Reflect.get(Object(part), "type");
  if (typeof type === "string") return type;
  return typeof part === "function" && part.name !== "" ? part.name : "(no name)";
}
