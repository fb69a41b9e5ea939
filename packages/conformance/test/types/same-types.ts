/**
 * A check by the compiler only: the three packages export the same values with the same types, and
 * the same types, so that changing one import moves a program to another runtime.
 */
import type * as bun from "@framewright/bun-transport";
import type * as deno from "@framewright/deno-transport";
import type * as node from "@framewright/node-transport";

/** Whether two types are identical. Mutual assignability is not enough. */
type Same<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Compiles only if everything is the same. */
type AllTrue<Checks extends readonly true[]> = Checks;

/** The types that a program may name. */
interface NodeTypes {
  AttachOptions: node.AttachOptions<string>;
  AttachedServer: node.AttachedServer<string>;
  BroadcastOptions: node.BroadcastOptions;
  BroadcastResult: node.BroadcastResult<string>;
  BufferOptions: node.BufferOptions;
  Certificate: node.Certificate;
  ClientLimitOptions: node.ClientLimitOptions;
  ClientTls: node.ClientTls;
  CloseInfo: node.CloseInfo;
  CloseOptions: node.CloseOptions;
  CloseResult: node.CloseResult;
  CommonOptions: node.CommonOptions;
  CompressionOptions: node.CompressionOptions;
  ConnectOptions: node.ConnectOptions<string>;
  DiagnosticsMessages: node.DiagnosticsMessages;
  Direction: node.Direction;
  Handlers: node.Handlers<string>;
  HandshakeErrorCode: node.HandshakeErrorCode;
  HeadersInit: node.HeadersInit;
  HeartbeatOptions: node.HeartbeatOptions;
  HttpResponse: node.HttpResponse;
  HttpServer: node.HttpServer;
  LifeOptions: node.LifeOptions;
  LimitAction: node.LimitAction;
  LimitName: node.LimitName;
  Message: node.Message;
  MessageRateOptions: node.MessageRateOptions;
  NodeRequest: node.NodeRequest;
  Origins: node.Origins;
  PathParameters: node.PathParameters<"/a/:b">;
  PeerCertificate: node.PeerCertificate;
  ProtocolErrorCode: node.ProtocolErrorCode;
  RouteOptions: node.RouteOptions<string>;
  SendResult: node.SendResult;
  ServeOptions: node.ServeOptions<string>;
  Server: node.Server<string>;
  ServerStats: node.ServerStats;
  ServerTls: node.ServerTls;
  Socket: node.Socket<string>;
  TerminationErrorCode: node.TerminationErrorCode;
  TlsVersion: node.TlsVersion;
  UpgradeSocket: node.UpgradeSocket;
  Upgrades: node.Upgrades<string>;
  WebSocket: node.WebSocket;
  WebSocketConstructor: node.WebSocketConstructor;
  WebSocketEvents: node.WebSocketEvents;
  WebSocketOptions: node.WebSocketOptions;
}

interface DenoTypes {
  AttachOptions: deno.AttachOptions<string>;
  AttachedServer: deno.AttachedServer<string>;
  BroadcastOptions: deno.BroadcastOptions;
  BroadcastResult: deno.BroadcastResult<string>;
  BufferOptions: deno.BufferOptions;
  Certificate: deno.Certificate;
  ClientLimitOptions: deno.ClientLimitOptions;
  ClientTls: deno.ClientTls;
  CloseInfo: deno.CloseInfo;
  CloseOptions: deno.CloseOptions;
  CloseResult: deno.CloseResult;
  CommonOptions: deno.CommonOptions;
  CompressionOptions: deno.CompressionOptions;
  ConnectOptions: deno.ConnectOptions<string>;
  DiagnosticsMessages: deno.DiagnosticsMessages;
  Direction: deno.Direction;
  Handlers: deno.Handlers<string>;
  HandshakeErrorCode: deno.HandshakeErrorCode;
  HeadersInit: deno.HeadersInit;
  HeartbeatOptions: deno.HeartbeatOptions;
  HttpResponse: deno.HttpResponse;
  HttpServer: deno.HttpServer;
  LifeOptions: deno.LifeOptions;
  LimitAction: deno.LimitAction;
  LimitName: deno.LimitName;
  Message: deno.Message;
  MessageRateOptions: deno.MessageRateOptions;
  NodeRequest: deno.NodeRequest;
  Origins: deno.Origins;
  PathParameters: deno.PathParameters<"/a/:b">;
  PeerCertificate: deno.PeerCertificate;
  ProtocolErrorCode: deno.ProtocolErrorCode;
  RouteOptions: deno.RouteOptions<string>;
  SendResult: deno.SendResult;
  ServeOptions: deno.ServeOptions<string>;
  Server: deno.Server<string>;
  ServerStats: deno.ServerStats;
  ServerTls: deno.ServerTls;
  Socket: deno.Socket<string>;
  TerminationErrorCode: deno.TerminationErrorCode;
  TlsVersion: deno.TlsVersion;
  UpgradeSocket: deno.UpgradeSocket;
  Upgrades: deno.Upgrades<string>;
  WebSocket: deno.WebSocket;
  WebSocketConstructor: deno.WebSocketConstructor;
  WebSocketEvents: deno.WebSocketEvents;
  WebSocketOptions: deno.WebSocketOptions;
}

interface BunTypes {
  AttachOptions: bun.AttachOptions<string>;
  AttachedServer: bun.AttachedServer<string>;
  BroadcastOptions: bun.BroadcastOptions;
  BroadcastResult: bun.BroadcastResult<string>;
  BufferOptions: bun.BufferOptions;
  Certificate: bun.Certificate;
  ClientLimitOptions: bun.ClientLimitOptions;
  ClientTls: bun.ClientTls;
  CloseInfo: bun.CloseInfo;
  CloseOptions: bun.CloseOptions;
  CloseResult: bun.CloseResult;
  CommonOptions: bun.CommonOptions;
  CompressionOptions: bun.CompressionOptions;
  ConnectOptions: bun.ConnectOptions<string>;
  DiagnosticsMessages: bun.DiagnosticsMessages;
  Direction: bun.Direction;
  Handlers: bun.Handlers<string>;
  HandshakeErrorCode: bun.HandshakeErrorCode;
  HeadersInit: bun.HeadersInit;
  HeartbeatOptions: bun.HeartbeatOptions;
  HttpResponse: bun.HttpResponse;
  HttpServer: bun.HttpServer;
  LifeOptions: bun.LifeOptions;
  LimitAction: bun.LimitAction;
  LimitName: bun.LimitName;
  Message: bun.Message;
  MessageRateOptions: bun.MessageRateOptions;
  NodeRequest: bun.NodeRequest;
  Origins: bun.Origins;
  PathParameters: bun.PathParameters<"/a/:b">;
  PeerCertificate: bun.PeerCertificate;
  ProtocolErrorCode: bun.ProtocolErrorCode;
  RouteOptions: bun.RouteOptions<string>;
  SendResult: bun.SendResult;
  ServeOptions: bun.ServeOptions<string>;
  Server: bun.Server<string>;
  ServerStats: bun.ServerStats;
  ServerTls: bun.ServerTls;
  Socket: bun.Socket<string>;
  TerminationErrorCode: bun.TerminationErrorCode;
  TlsVersion: bun.TlsVersion;
  UpgradeSocket: bun.UpgradeSocket;
  Upgrades: bun.Upgrades<string>;
  WebSocket: bun.WebSocket;
  WebSocketConstructor: bun.WebSocketConstructor;
  WebSocketEvents: bun.WebSocketEvents;
  WebSocketOptions: bun.WebSocketOptions;
}

/** Compares the types of two lists by name. */
type SameTypes<A, B extends Record<keyof A, unknown>> = {
  [Name in keyof A]: Same<A[Name], B[Name]>;
}[keyof A];

export type ExportsAreTheSame = AllTrue<
  [
    Same<typeof node, typeof deno>,
    Same<typeof node, typeof bun>,
    Same<keyof NodeTypes, keyof DenoTypes>,
    Same<keyof NodeTypes, keyof BunTypes>,
    SameTypes<NodeTypes, DenoTypes>,
    SameTypes<NodeTypes, BunTypes>,
  ]
>;

/** Shows that the check can fail. */
export type DifferencesAreSeen = AllTrue<
  [
    Same<Same<typeof node, Omit<typeof node, "serve">>, false>,
    Same<Same<node.ServeOptions<string>, node.ServeOptions<number>>, false>,
    Same<SameTypes<{ a: 1; b: 2 }, { a: 1; b: 3 }>, boolean>,
  ]
>;
