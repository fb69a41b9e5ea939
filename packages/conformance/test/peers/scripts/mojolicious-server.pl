# A Mojolicious server that echoes with compression.
use Mojolicious::Lite;
use Mojo::Server::Daemon;

websocket '/' => sub {
  my $c = shift;
  $c->tx->with_compression;
  $c->on(message => sub { my ($c, $text) = @_; $c->send($text) });
};

app->log->level('fatal');
my $daemon = Mojo::Server::Daemon->new(app => app, listen => ['http://127.0.0.1'], silent => 1);
$daemon->start;
$| = 1;
print 'listening on ws://127.0.0.1:' . $daemon->ports->[0] . "\n";
$daemon->run;
