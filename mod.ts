/**
 * Waybill as a library: ships a batch of rows, one label to a row, whatever crashes.
 *
 * @module
 */
export {
  BatchExecutor,
  type BatchExecutorParts,
  type BatchResult,
} from "./src/actors/batch_executor.ts";
export { AuditLog, JobStore, type JobSummary, type RowSummary } from "./src/actors/job_store.ts";
export type { EventStamp, Observer, ProgressEvent } from "./src/actors/event_bus.ts";
export { safePolicy, sandboxPolicy } from "./src/actors/purchase_policy.ts";
export type { PurchasePolicy, ReconcilePolicy } from "./src/machines/purchase.ts";
export {
  NotSentError,
  type ToolCaller,
  ToolError,
  UnknownToolError,
} from "./src/actors/tool_caller.ts";
export { LeaseHeldError, LeaseLostError, WaybillError } from "./src/errors.ts";
export {
  type CompiledTemplate,
  openTemplateEnvironment,
  type Rendered,
  type TemplateContext,
  type TemplateEnvironment,
  type TemplateSource,
} from "./src/templates/environment.ts";
