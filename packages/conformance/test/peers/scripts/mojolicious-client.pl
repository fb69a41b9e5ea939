# A Mojolicious client that sends three messages to a compressing echo server and prints the result.
use strict;
use warnings;
use Mojo::IOLoop;
use Mojo::UserAgent;

my $text   = 'the same words again and again, ' x 100;
my $echoes = 0;
my $agent  = Mojo::UserAgent->new;
$agent->websocket(
  $ARGV[0] => {'Sec-WebSocket-Extensions' => 'permessage-deflate'} => sub {
    my ($agent, $tx) = @_;
    die 'no WebSocket' unless $tx->is_websocket;
    $tx->on(finish  => sub { Mojo::IOLoop->stop });
    $tx->on(message => sub {
      my ($tx, $message) = @_;
      $echoes++ if $message eq $text;
      $echoes < 3 ? $tx->send($text) : $tx->finish(1000);
    });
    $tx->send($text);
  }
);
Mojo::IOLoop->start;
print "$echoes echoes\n";
