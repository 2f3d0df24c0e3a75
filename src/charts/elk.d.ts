/**
 * What of elkjs is used here. Its own declarations are of a CommonJS module whose default export TypeScript
 * and Deno read differently.
 *
 * @module
 */

interface Point {
  x: number;
  y: number;
}

interface Shape {
  x?: number;
  y?: number;
  width?: number;
  height?: number;
}

/** A node, and the nodes in it. */
export interface ElkNode extends Shape {
  id: string;
  children?: ElkNode[];
  edges?: ElkEdge[];
  layoutOptions?: Record<string, string>;
}

/** An edge; its sections are there once it has its place. */
export interface ElkEdge {
  id: string;
  sources: string[];
  targets: string[];
  labels?: (Shape & { text: string })[];
  sections?: { startPoint: Point; endPoint: Point; bendPoints?: Point[] }[];
}

/** Places graphs. */
export default class ELK {
  layout(graph: ElkNode): Promise<ElkNode>;
}
