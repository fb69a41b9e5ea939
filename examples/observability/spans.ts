import type { HandshakeDiagnostics, HttpHeaders, Socket } from "@framewright/websocket";
import {
  type Context,
  context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type TextMapGetter,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import { subscribeAll } from "./channels.ts";

const kinds = { server: SpanKind.SERVER, client: SpanKind.CLIENT };

const headerGetter: TextMapGetter<HttpHeaders> = {
  get: (headers, key) => headers.get(key),
  keys: () => [],
};

/**
 * Makes two spans of each connection: one of its opening handshake, and below it one of the time in
 * which it is open, with the limits and errors that concern it as events.
 *
 * @returns A function that ends the subscriptions.
 */
export function recordSpans(tracer: Tracer): () => void {
  const open = new Map<Socket<unknown>, Span>();

  const endSubscriptions = subscribeAll({
    "framewright.handshake": (event) => {
      const parent = parentOf(event);
      const handshake = handshakeSpan(tracer, event, parent);
      if (event.socket === undefined) return;
      const below = trace.setSpan(parent, handshake);
      const options = { kind: kinds[event.role], attributes: pathOf(event) };
      open.set(event.socket, tracer.startSpan("websocket connection", options, below));
    },
    "framewright.limit": ({ socket, name, action }) => {
      const attributes = { "websocket.limit": name, "websocket.action": action };
      if (socket !== undefined) open.get(socket)?.addEvent("limit", attributes);
    },
    "framewright.error": ({ socket, error }) => {
      const exception = error instanceof Error ? error : String(error);
      if (socket !== undefined) open.get(socket)?.recordException(exception);
    },
    "framewright.close": ({ socket, statusCode, wasClean, error }) => {
      const span = open.get(socket);
      if (span === undefined) return; // it was open before this function was called
      open.delete(socket);
      span.setAttributes({ "websocket.status_code": statusCode, "websocket.clean": wasClean });
      if (error !== undefined) span.setStatus(failure(error));
      span.end();
    },
  });
  return () => {
    endSubscriptions();
    for (const span of open.values()) span.end();
  };
}

/** A server continues the trace that the client's `traceparent` header names. */
function parentOf({ request }: HandshakeDiagnostics): Context {
  if (request === undefined) return context.active();
  return propagation.extract(ROOT_CONTEXT, request.headers, headerGetter);
}

/** Makes the span of a handshake that has ended. */
function handshakeSpan(tracer: Tracer, event: HandshakeDiagnostics, parent: Context): Span {
  const startTime = Date.now() - (event.duration ?? 0);
  const attributes = { "network.peer.address": event.remoteAddress, ...pathOf(event) };
  const options = { kind: kinds[event.role], startTime, attributes };
  const span = tracer.startSpan("websocket handshake", options, parent);
  if (event.fault !== undefined) {
    span.setAttribute("error.type", event.fault.code);
    span.setStatus(failure(event.fault));
  }
  span.end();
  return span;
}

/** Without the query, in which clients often send what must stay secret. */
function pathOf({ request, url }: HandshakeDiagnostics): { "url.path"?: string } {
  const path = url === undefined ? request?.path : new URL(url).pathname;
  return path === undefined ? {} : { "url.path": path };
}

function failure({ message }: Error) {
  return { code: SpanStatusCode.ERROR, message };
}
