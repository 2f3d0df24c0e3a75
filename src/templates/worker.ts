/**
 * The template worker: runs without permissions, holds one template, and answers one question at a
 * time. A template that breaks out of nunjucks is still in here, where there is nothing to reach,
 * and can only spoil its own rows; the main side believes nothing but the shape of an answer.
 *
 * @module
 */
/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />
import type { Answer, Question, RowAnswer, RowContext } from "./protocol.ts";
import { faultOf, type ReadyTemplate, readyTemplate } from "./render_template.ts";

let template: ReadyTemplate | undefined;
let timeLimitMs = 0;

self.onmessage = ({ data }: MessageEvent<Question>): void => say(answerTo(data));
say({ kind: "ready" });

function answerTo(question: Question): Answer {
  const { id } = question;
  try {
    if (question.kind === "compile") {
      timeLimitMs = question.timeLimitMs;
      template = readyTemplate(question.text, timeLimitMs);
      return { id, kind: "compiled", columns: template.columns };
    }
    const render = template?.render;
    if (render === undefined) throw new Error("no template was compiled");
    return { id, kind: "rendered", rows: renderInTime(render, question.contexts) };
  } catch (thrown) {
    return { id, kind: "refused", fault: faultOf(thrown).fault };
  }
}

/** Renders until the time for one row is over: whoever asked can then ask for the rest. */
function renderInTime(
  render: ReadyTemplate["render"],
  contexts: readonly RowContext[],
): RowAnswer[] {
  const end = performance.now() + timeLimitMs;
  const rows: RowAnswer[] = [];
  for (const context of contexts) {
    rows.push(render(context));
    if (performance.now() > end) break;
  }
  return rows;
}

function say(answer: Answer): void {
  self.postMessage(answer);
}
