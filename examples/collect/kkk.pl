use strict;
use warnings;

print "perl got ", scalar(@ARGV), " arguments\n";
