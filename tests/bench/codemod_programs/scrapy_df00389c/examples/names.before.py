from six.moves.urllib.parse import urljoin
from six.moves import cPickle as pickle
