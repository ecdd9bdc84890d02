from six import moves
